import { createHmac } from "node:crypto";
import { afterEach, expect, it, vi } from "vitest";
import { TokenManager } from "./tokens.ts";

const SECRET = "wZ3kq9LmT2vX7bNc5RdYp8HsJf4GuAeQ";
const sign = (claims: object, { alg = "HS256", secret = SECRET } = {}) => {
  const signed = [{ alg, typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
};

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

it("F6-34: makes tokens that it verifies, until they expire", async () => {
  const tokens = new TokenManager({ secret: SECRET, lifetimeSeconds: 60 });
  const token = await tokens.createAccessToken("ada", "operator");
  expect(await tokens.verify(token)).toEqual({
    userId: "ada",
    username: "ada",
    roles: ["operator"],
    expiresAt: expect.any(Date),
  });
  expect(tokens.decode(token)).toMatchObject({ sub: "ada", roles: ["operator"], aud: "countinghouse" });
  expect(tokens.isExpired(token)).toBe(false);
  vi.useFakeTimers({ now: Date.now() + 120_000 });
  expect(tokens.isExpired(token)).toBe(true);
  expect(await tokens.verify(token)).toBeUndefined();
});

it("F6-34: knows no token that is forged, for somebody else, or none", async () => {
  const tokens = new TokenManager({ secret: SECRET });
  const exp = Math.floor(Date.now() / 1_000) + 60;
  const claims = { sub: "ada", preferred_username: "ada", aud: "countinghouse", roles: ["admin"], exp };
  expect(await tokens.verify(sign(claims))).toMatchObject({ roles: ["admin"] });
  for (const token of [
    sign(claims, { secret: "another" }),
    sign(claims, { alg: "none" }),
    sign({ ...claims, aud: "other" }),
    sign({ ...claims, roles: ["king"] }),
    sign({ ...claims, exp: undefined }),
    "a.b.c",
    "",
  ])
    expect(await tokens.verify(token)).toBeUndefined();
  expect([tokens.decode("a.b.c"), tokens.isExpired("a.b.c"), tokens.isExpired(sign({ sub: "a" }))]).toEqual([
    undefined,
    true,
    false,
  ]);
});

it("F6-34: a token without roles is a customer's while developing alone", async () => {
  const bare = sign({ sub: "17", preferred_username: "ada", aud: "shop" });
  const options = { secret: SECRET, audience: "shop" };
  vi.stubEnv("APP_ENV", "development");
  expect(await new TokenManager(options).verify(bare)).toEqual({
    userId: "17",
    username: "ada",
    roles: ["customer"],
    expiresAt: undefined,
  });
  vi.stubEnv("APP_ENV", "staging");
  expect(await new TokenManager(options).verify(bare)).toBeUndefined();
});

it("F6-34: reads JWT_SECRET_KEY, warns of an example while developing, and refuses it in production", async () => {
  vi.stubEnv("APP_ENV", "");
  vi.stubEnv("JWT_SECRET_KEY", "");
  expect(() => new TokenManager()).toThrow("JWT_SECRET_KEY is not set");
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  vi.stubEnv("JWT_SECRET_KEY", "your-secret-key-of-this-test");
  const tokens = new TokenManager();
  expect(new TokenManager()).toBeDefined();
  expect(
    warned.mock.calls.filter(([text]) => String(text).startsWith("JWT_SECRET_KEY is too easy")),
  ).toHaveLength(1);
  warned.mockRestore();
  expect(await tokens.verify(await tokens.createAccessToken("ada", "customer"))).toBeDefined();
  for (const place of ["production", "prod", "live"]) {
    vi.stubEnv("APP_ENV", place);
    expect(() => new TokenManager()).toThrow("JWT_SECRET_KEY is too easy to guess");
  }
});

it("F6-34: refuses roles and names that no server would take", async () => {
  const tokens = new TokenManager({ secret: SECRET });
  await expect(tokens.createAccessToken("ada", "king" as "admin")).rejects.toThrow(
    "must be one of admin, operator, service, customer",
  );
  await expect(tokens.createAccessToken("a\nb", "customer")).rejects.toThrow("1 to 128 characters");
  await expect(tokens.createAccessToken("", "customer")).rejects.toThrow("1 to 128 characters");
  expect(() => new TokenManager({ secret: SECRET, lifetimeSeconds: 0 })).toThrow("lifetimeSeconds");
});
