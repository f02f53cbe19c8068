// In production: no default secrets, no minted tokens, and the first administrator comes from the command line alone.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { loadConfig } from "../../src/config.ts";
import { startTestApp } from "../app.ts";

const MAIN = join(import.meta.dirname, "..", "..", "src", "main.ts");
const ENCRYPTION_KEY = Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64");
const PRODUCTION = {
  APP_ENV: "production",
  ENCRYPTION_KEY,
  JWT_SECRET_KEY: "wZ3kq9LmT2vX7bNc5RdYp8HsJf4GuAeQ",
};

test("V13.2.3 secrets that everybody knows, or a few characters repeated, stop the start", () => {
  const load = (environment: Record<string, string>) =>
    loadConfig({ environment: { ...PRODUCTION, ...environment }, envFile: "/nonexistent" });
  expect(() => load({})).not.toThrow();
  expect(() => load({ JWT_SECRET_KEY: "s".repeat(48) })).toThrow("JWT_SECRET_KEY is too easy to guess");
  expect(() => load({ JWT_SECRET_KEY: "short" })).toThrow("at least 32 bytes");
  expect(() => load({ ENCRYPTION_KEY: "A".repeat(43) })).toThrow("ENCRYPTION_KEY is too easy to guess");
  expect(() => load({ DB_URL: "postgres://postgres:postgres@db/shop" })).toThrow("DB_URL has a password");
  expect(() => load({ APP_ENV: "development", JWT_SECRET_KEY: "s".repeat(48) })).not.toThrow();
});

test("V6.3.2 the first to register is a customer, minted tokens open nothing, `admin create` makes the administrator", async () => {
  const app = await startTestApp(PRODUCTION);
  const body = { username: "first", email: "first@example.com", password: "correct horse battery staple" };
  expect((await app.call("POST", "/auth/register", { body })).body).toMatchObject({ roles: ["customer"] });
  expect((await app.call("GET", "/accounts", { token: await app.token("admin") })).status).toBe(401);
  expect((await app.call("GET", "/dev/mailbox")).status).toBe(404);

  const env = { ...process.env, ...PRODUCTION, DB_URL: app.databaseUrl };
  const run = (...args: string[]) => promisify(execFile)(process.execPath, [MAIN, ...args], { env });
  await expect(run("token", "--role", "admin")).rejects.toMatchObject({
    stderr: expect.stringContaining("countinghouse admin create"),
  });
  const { stdout } = await run(
    "admin",
    "create",
    "--username",
    "ada",
    "--email",
    "ada@example.com",
    "--json",
  );
  const made = JSON.parse(stdout);
  const login = await app.call("POST", "/auth/login", { body: { username: "ada", password: made.password } });
  const me = await app.call("GET", "/users/me", { token: login.body.access_token });
  expect(me.body).toMatchObject({ id: made.id, roles: ["admin"] });
  await app.stop();
});
