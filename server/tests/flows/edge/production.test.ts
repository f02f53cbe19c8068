// In production: no default secrets, no minted tokens, and the first administrator comes from the command line alone.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { loadConfig } from "../../../src/config/load-config.ts";
import { startTestApp } from "../../app.ts";

const MAIN = join(import.meta.dirname, "..", "..", "..", "src", "main.ts");
const PRODUCTION = {
  APP_ENV: "production",
  ENCRYPTION_KEY: "9vQkWc0u3mXyR7tEoZ1hJdLb5sNfGpA8iKqUe2xTnVM=",
  JWT_SECRET_KEY: "wZ3kq9LmT2vX7bNc5RdYp8HsJf4GuAeQ",
  API_KEY_V1: "4f9c1e7ab2d80356e1fb7c942a6d03f85b1ce97d40a2386f",
};
const base64 = (bytes: string | readonly number[]) => Buffer.from(bytes as string).toString("base64");

test("V13.2.3 secrets that everybody knows, or a few characters repeated, stop the start", () => {
  const load = (environment: Record<string, string>) =>
    loadConfig({ environment: { ...PRODUCTION, ...environment }, envFile: "/nonexistent" });
  expect(() => load({})).not.toThrow();
  expect(() => load({ JWT_SECRET_KEY: "short" })).toThrow("at least 32 bytes");
  const weak: [secret: string, reason: string][] = [
    ["s".repeat(48), "it repeats or counts one character"],
    ["your-256-bit-secret-please-change-it-now", "it is made of words that everybody knows"],
    ["this is my production signing secret", "it is made of words that everybody knows"],
    ["qwertyuiopasdfghjklzxcvbnm1234567890", "it is made of words that everybody knows"],
    ["abcdefghijklmnopqrstuvwxyz0123456789", "it repeats or counts one character"],
    ["x7Kp2Lq9".repeat(5), "it repeats itself"],
    [base64("changeme-password-secret-default"), "what it encodes is made of words"],
    [base64([...Array(32).keys()]), "what it encodes repeats or counts"],
    [base64(Array<number>(32).fill(0)), "it repeats or counts one character"],
  ];
  const keys = [
    "JWT_SECRET_KEY",
    "API_KEY_V1",
    "AUDIT_SIGNING_KEY",
    "ENCRYPTION_KEY",
    "ENCRYPTION_KEY_PREVIOUS",
  ];
  for (const name of keys)
    for (const [secret, reason] of weak)
      expect(() => load({ [name]: secret }), `${name} ${secret}`).toThrow(
        new RegExp(`${name} is too easy to guess: .*${reason}.*; make one with: openssl rand -base64 32`),
      );
  const stripe = {
    STRIPE_SECRET_KEY: "sk_live_51NxQzR8bTm4KvYw2Lc9Hd7Uf",
    STRIPE_WEBHOOK_SECRET: "whsec_changeme",
  };
  expect(() => load(stripe)).toThrow("STRIPE_WEBHOOK_SECRET is no real key");
  expect(() => load({ ...stripe, STRIPE_WEBHOOK_SECRET: "whsec_q3Zt8VnLx0RbK5mYc7WdPf2H" })).not.toThrow();
  expect(() => load({ SMTP_URL: "smtps://shop:changeme@mail.test" })).toThrow("SMTP_URL has a password");
  for (let round = 0; round < 50; round += 1)
    expect(() => load({ AUDIT_SIGNING_KEY: randomBytes(32).toString("base64") })).not.toThrow();
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
