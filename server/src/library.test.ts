import { argon2Sync } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../tests/app.ts";
import { createPasswords, createTokenReader, type TokenReader, verifyReceipt } from "./library.ts";

const PASSWORD = "correct horse battery";

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await startTestApp();
  const body = { username: "ada", email: "ada@example.com", password: PASSWORD };
  await app.call("POST", "/auth/register", { body });
  const login = await app.call("POST", "/auth/login", { body: { username: "ada", password: PASSWORD } });
  token = login.body.access_token;
});
afterAll(() => app?.stop());

function openReader(overrides: object = {}): TokenReader {
  const names = { issuer: "countinghouse", audience: "countinghouse" };
  return createTokenReader({ url: app.url, ...names, ...overrides });
}

it("reads the server's tokens by its published keys, and nobody else's", async () => {
  const readToken = openReader();
  expect(await readToken(token)).toMatchObject({ username: "ada", roles: ["admin"] });
  const [head, body, signature = ""] = token.split(".");
  const forged = `${head}.${body}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
  for (const bad of [forged, `${head}.${body}.`, "a.b.c", "", await app.token("admin")])
    expect(await readToken(bad)).toBeUndefined();
  expect(await openReader({ audience: "another" })(token)).toBeUndefined();
  expect(await openReader({ issuer: "another" })(token)).toBeUndefined();
  await expect(openReader({ url: "http://127.0.0.1:9" })(token)).rejects.toThrow();
});

it("hashes and judges passwords as the server does", async () => {
  const passwords = createPasswords();
  const stored = await passwords.hash(PASSWORD);
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await passwords.verify(PASSWORD, stored)).toBe(true);
  expect(await passwords.verify("another", stored)).toBe(false);
  expect(await passwords.verify(PASSWORD, null)).toBe(false);
  expect(passwords.isOutdated(stored)).toBe(false);
  // What Node's own argon2 makes is checked by ours, and the other way round.
  const nonce = Buffer.alloc(8, 7);
  const odd = {
    message: "Pa\u0308sswo\u0308rd \u{1F600}".normalize("NFKC"),
    nonce,
    memory: 64,
    passes: 3,
    parallelism: 4,
  };
  const tag = argon2Sync("argon2id", { ...odd, tagLength: 24 }).toString("base64");
  const foreign = `$argon2id$v=19$m=64,t=3,p=4$${nonce.toString("base64").replace("=", "")}$${tag}`;
  expect(await passwords.verify("Pa\u0308sswo\u0308rd \u{1F600}", foreign)).toBe(true);
  const [, , , , salt = "", own] = stored.split("$");
  const same = {
    message: PASSWORD,
    nonce: Buffer.from(salt, "base64"),
    memory: 19_456,
    passes: 2,
    parallelism: 1,
  };
  expect(
    argon2Sync("argon2id", { ...same, tagLength: 32 })
      .toString("base64")
      .replace("=", ""),
  ).toBe(own);
  expect(passwords.isOutdated("$2b$10$abcdefghijklmnopqrstuv")).toBe(true);
  expect(() => passwords.check("ada@example.com1", ["ada@example.com"])).toThrow("name or address");
  expect(() => passwords.check(PASSWORD)).not.toThrow();
});

it("says of what is no receipt that it is none", () => {
  expect(verifyReceipt("{}")).toMatchObject({
    valid: false,
    reason: expect.stringContaining("not a receipt"),
  });
});
