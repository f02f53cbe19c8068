import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "dotenv";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CONFIG_KEYS } from "./config.ts";
import type { ConfigKey } from "./key.ts";
import { readConfig } from "./load-config.ts";

const EXAMPLE = join(import.meta.dirname, "..", "..", "..", ".env.example");
type Values = Readonly<Record<string, string>>;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "countinghouse-config-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(environment: Values, file: Values = {}) {
  const envFile = join(folder, ".env");
  writeFileSync(
    envFile,
    Object.entries(file)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(""),
  );
  return readConfig({ environment, envFile });
}
const configOf = (environment: Values, file: Values = {}) => read(environment, file).config;
const problemsOf = (environment: Values, file: Values = {}) => read(environment, file).problems;

test("F6-33: .env.example names every setting by all its names, and as it is it changes nothing", () => {
  const names = CONFIG_KEYS.flatMap((key: ConfigKey) => [
    key.name,
    ...(key.aliases ?? []).map(({ name }) => name),
  ]);
  const text = readFileSync(EXAMPLE, "utf8");
  expect(Object.keys(parse(text))).toEqual(names);
  expect(readConfig({ environment: {}, envFile: EXAMPLE })).toMatchObject({
    ...read({}),
    nameAsGiven: expect.anything(),
  });
  for (const name of [
    ...["ADMIN_PASSWORD", "API_KEY_V1", "DB_USER", "DB_PASSWORD", "DB_HOST", "DB_NAME", "REQUEST_TIMEOUT"],
    ...["VENDOR_API_URL", "INVENTORY_SERVICE_URL", "INVENTORY_URL", "TAX_RATE_DEFAULT", "MAX_EXPORT_ROWS"],
    ...[
      "ENABLE_FRAUD_CHECK",
      "MAIL_DEFAULT_SENDER",
      "EMAIL_USERNAME",
      "EMAIL_PASSWORD",
      "REDIS_HOST",
      "REDIS_PORT",
    ],
    ...[
      "CELERY_BROKER_URL",
      "CELERY_RESULT_BACKEND",
      "KEY_VAULT_URL",
      "CUSTOMER_TOKEN",
      "AZURE_AD_TENANT_ID",
    ],
    ...["AZURE_AD_CLIENT_ID", "AZURE_AD_CLIENT_SECRET", "SENTINEL_ENDPOINT", "SENTINEL_WORKSPACE_ID"],
  ])
    expect(names).toContain(name);
});

test("F6-33: names of earlier programs are taken with their units and defaults", () => {
  const { TAX_RATE, SUPPLY_TIMEOUT_MS, MAX_EXPORT_ROWS, ENABLE_FRAUD_CHECK, VENDOR_API_URL } = configOf({});
  expect({ TAX_RATE, SUPPLY_TIMEOUT_MS, MAX_EXPORT_ROWS, ENABLE_FRAUD_CHECK, VENDOR_API_URL }).toEqual({
    TAX_RATE: "0.20",
    SUPPLY_TIMEOUT_MS: 30_000,
    MAX_EXPORT_ROWS: 1_000,
    ENABLE_FRAUD_CHECK: true,
    VENDOR_API_URL: "https://supplier.example.com/api",
  });
  const given = {
    REQUEST_TIMEOUT: "2.5",
    TAX_RATE_DEFAULT: "0.08",
    INVENTORY_URL: "http://stock",
    MAIL_DEFAULT_SENDER: "a@b.test",
  };
  for (const { config } of [read(given), read({}, given)])
    expect(config).toMatchObject({
      SUPPLY_TIMEOUT_MS: 2_500,
      TAX_RATE: "0.08",
      INVENTORY_SERVICE_URL: "http://stock",
      MAIL_FROM: "a@b.test",
    });
  expect(configOf({ ENABLE_FRAUD_CHECK: "False" }).ENABLE_FRAUD_CHECK).toBe(false);
});

test("F6-33: what the environment says beats .env, under whatever name; in one place the first name counts, and that is told", () => {
  expect(configOf({ TAX_RATE_DEFAULT: "0.1" }, { TAX_RATE: "0.2" }).TAX_RATE).toBe("0.1");
  expect(configOf({ TAX_RATE: "0.1" }, { TAX_RATE_DEFAULT: "0.2" }).TAX_RATE).toBe("0.1");
  const both = read({
    TAX_RATE_DEFAULT: "0.1",
    TAX_RATE: "0.2",
    DATABASE_URL: "postgres://a@b/c",
    DB_URL: "postgres://d@e/f",
  });
  expect(both.config).toMatchObject({ TAX_RATE: "0.2", DB_URL: "postgres://d@e/f" });
  expect(both.notes).toEqual([
    "DATABASE_URL is not used: DB_URL is set too",
    "TAX_RATE_DEFAULT is not used: TAX_RATE is set too",
  ]);
  expect(read({ TAX_RATE_DEFAULT: "0.2", TAX_RATE: "0.2" }).notes).toEqual([]);
});

test("F6-33: a value that cannot be used is named as it was given", () => {
  expect(problemsOf({ REQUEST_TIMEOUT: "5000" })).toEqual([
    'REQUEST_TIMEOUT must be seconds from 0.05 to 120, not "5000"',
  ]);
  for (const seconds of ["0", "-1", "thirty", "1e3", "0.0001", "Infinity"])
    expect(problemsOf({ REQUEST_TIMEOUT: seconds })).toEqual([expect.stringContaining(`not "${seconds}"`)]);
  expect(problemsOf({ INVENTORY_URL: "stock" })).toEqual([
    'INVENTORY_URL must be a URL that begins with http:// or https://, not "stock"',
  ]);
  expect(problemsOf({ DATABASE_URL: "mysql://a@b/c" })).toEqual([
    "DATABASE_URL must begin with postgres:// or postgresql://",
  ]);
  const { nameAsGiven } = read({ TAX_RATE_DEFAULT: "8" });
  expect(nameAsGiven(["TAX_RATE must be a decimal"])).toEqual(["TAX_RATE_DEFAULT must be a decimal"]);
});

test("F6-33: a PostgreSQL in parts", () => {
  const parts = { DB_USER: "shop", DB_NAME: "books" };
  expect(configOf(parts).DB_URL).toBe("postgres://shop@localhost:5432/books");
  const all = { ...parts, DB_PASSWORD: "p@ss:w/rd%", DB_HOST: "db.internal", DB_PORT: "6543" };
  expect(configOf(all).DB_URL).toBe("postgres://shop:p%40ss%3Aw%2Frd%25@db.internal:6543/books");
  expect(configOf({ DB_PASSWORD: "secret" }, parts).DB_URL).toBe(
    "postgres://shop:secret@localhost:5432/books",
  );
  expect(configOf({ ...parts, DB_HOST: "/var/run/postgresql" }).DB_URL).toBe(
    "postgres://shop@localhost:5432/books?host=%2Fvar%2Frun%2Fpostgresql",
  );
  expect(configOf({ ...parts, DB_HOST: "fd00::17" }).DB_URL).toBe("postgres://shop@[fd00::17]:5432/books");
  expect(configOf({}).DB_URL).toBeUndefined();
  const whole = read({ DB_URL: "postgres://a@b/c", ...parts });
  expect(whole.config.DB_URL).toBe("postgres://a@b/c");
  expect(whole.notes).toEqual(["DB_NAME, DB_USER: not used, because DB_URL is set"]);
  expect(problemsOf({ DB_USER: "shop" })).toEqual([
    expect.stringMatching(/^DB_NAME must be set with DB_USER/),
  ]);
  expect(problemsOf({ DB_NAME: "x" })).toEqual([expect.stringMatching(/^DB_USER must be set with DB_NAME/)]);
  expect(problemsOf({ ...parts, DB_PORT: "99999" })).toEqual([
    expect.stringMatching(/^DB_PORT must be a whole number/),
  ]);
  expect(problemsOf({ ...parts, DB_HOST: "db:5432" })).toEqual([
    expect.stringMatching(/^DB_HOST .* the port is DB_PORT$/),
  ]);
});

test("F6-33: a mail server in parts, and who sends", () => {
  const who = { EMAIL_USERNAME: "shop@example.com", EMAIL_PASSWORD: "a b&c" };
  expect(configOf(who)).toMatchObject({
    SMTP_URL: "smtp://shop%40example.com:a%20b%26c@smtp.example.com:587?requireTLS=true",
    MAIL_FROM: "Countinghouse <shop@example.com>",
  });
  expect(configOf({ ...who, MAIL_DEFAULT_SENDER: "Shop <s@example.com>" }).MAIL_FROM).toBe(
    "Shop <s@example.com>",
  );
  expect(configOf({ ...who, EMAIL_HOST: "mail.test", EMAIL_PORT: "465" }).SMTP_URL).toMatch(
    /^smtps:.*@mail\.test:465$/,
  );
  const here = configOf({
    EMAIL_USERNAME: "dev",
    EMAIL_PASSWORD: "x",
    EMAIL_HOST: "localhost",
    EMAIL_PORT: "1025",
  });
  expect(here).toMatchObject({
    SMTP_URL: "smtp://dev:x@localhost:1025",
    MAIL_FROM: "Countinghouse <no-reply@localhost>",
  });
  expect(read({ ...who, SMTP_URL: "smtp://there" })).toMatchObject({
    config: { SMTP_URL: "smtp://there" },
    notes: ["EMAIL_USERNAME, EMAIL_PASSWORD: not used, because SMTP_URL is set"],
  });
  expect(problemsOf({ EMAIL_USERNAME: "shop@example.com" })).toEqual([
    expect.stringMatching(/^EMAIL_PASSWORD must be set with EMAIL_USERNAME/),
  ]);
  expect(problemsOf({ EMAIL_USERNAME: "shop", EMAIL_PASSWORD: "x" })).toEqual([
    expect.stringMatching(/^EMAIL_HOST must be set/),
  ]);
});

test("F6-33: a name whose feature comes later is taken with a line that says so, and so is one of its family", () => {
  const later = {
    ...{
      REDIS_HOST: "redis",
      REDIS_PORT: "6379",
      CELERY_BROKER_URL: "redis://r/0",
      CELERY_RESULT_BACKEND: "redis://r/1",
    },
    ...{
      KEY_VAULT_URL: "https://v.example",
      AZURE_AD_CLIENT_SECRET: "s",
      SENTINEL_WORKSPACE_ID: "w",
      SENTINEL_SHARED_KEY: "k",
    },
  };
  for (const { notes } of [read(later), read({}, later)]) {
    expect(notes).toHaveLength(Object.keys(later).length);
    for (const name of Object.keys(later))
      expect(notes).toContainEqual(
        expect.stringMatching(new RegExp(`^${name} is taken and does nothing yet: .+ later`)),
      );
  }
  const strangers = { AZURE_AD_SCOPES: "a b", SENTINEL_LOG_TYPE: "Shop" };
  expect(read({}, strangers).notes).toEqual([
    "AZURE_AD_SCOPES is taken and does nothing: it is no setting here",
    "SENTINEL_LOG_TYPE is taken and does nothing: it is no setting here",
  ]);
  expect(problemsOf({}, { AZURE_TYPO: "x" })).toEqual([expect.stringContaining("unknown key AZURE_TYPO")]);
});

test("F6-33: short secrets and those of examples work while developing, with a warning, and are refused in production", () => {
  const examples = {
    ...{
      JWT_SECRET_KEY: "your-secret-key",
      API_KEY_V1: "your-api-key",
      ADMIN_PASSWORD: "your-admin-password",
    },
    ...{ DB_USER: "postgres", DB_NAME: "shop", DB_PASSWORD: "your-password" },
    ...{
      ENCRYPTION_KEY: "your-encryption-key",
      AUDIT_SIGNING_KEY: "your-signing-key",
      VENDOR_API_TOKEN: "your-vendor-token",
    },
    ...{
      EMAIL_USERNAME: "your-email@example.com",
      EMAIL_PASSWORD: "your-email-password",
      PAYMENT_GATEWAY_KEY: "your-gateway-key",
    },
  };
  const secrets = Object.keys(examples).filter(
    (name) => !["DB_USER", "DB_NAME", "EMAIL_USERNAME"].includes(name),
  );
  for (const APP_ENV of ["development", "test"]) {
    const { config, notes } = read({ APP_ENV, ...examples });
    expect(config).toMatchObject({ JWT_SECRET_KEY: "your-secret-key", API_KEY_V1: "your-api-key" });
    expect(config.STRIPE_SECRET_KEY).toBeUndefined(); // the sandbox takes cards
    expect(Buffer.from(config.ENCRYPTION_KEY ?? "", "base64")).toHaveLength(32);
    for (const name of secrets)
      expect(notes, name).toContainEqual(expect.stringMatching(new RegExp(`^${name} `)));
    expect(notes.join("\n")).not.toMatch(/your-/); // a secret is not told, not even this one
  }
  const problems = problemsOf({ APP_ENV: "production", ...examples });
  for (const name of secrets)
    expect(problems, name).toContainEqual(expect.stringMatching(new RegExp(`^${name} `)));
  expect(problems).toContain("JWT_SECRET_KEY must have at least 32 bytes");
  expect(read({ JWT_SECRET_KEY: "x7Kp2Lq9" }).notes).toEqual([
    "JWT_SECRET_KEY is too easy to guess: it has few different characters: good for trying out, and production refuses it",
  ]);
  expect(read({ JWT_SECRET_KEY: "wZ3kq9LmT2vX7bNc5RdYp8HsJf4GuAeQ" }).notes).toEqual([]);
});

test("F6-33: the supplier is asked once there is a token; production needs both", () => {
  const token = "a.b.c";
  expect(read({ VENDOR_API_URL: "http://supplier" }).notes).toEqual([
    "VENDOR_API_URL does nothing until VENDOR_API_TOKEN is set",
  ]);
  expect(read({ VENDOR_API_TOKEN: token }).notes).toEqual([
    expect.stringMatching(/^VENDOR_API_URL is not set: nobody answers/),
  ]);
  const inProduction = (settings: Values) => problemsOf({ APP_ENV: "production", ...settings });
  expect(inProduction({ VENDOR_API_TOKEN: token })).toEqual([
    expect.stringMatching(/^VENDOR_API_URL must be set/),
  ]);
  expect(inProduction({ VENDOR_API_URL: "https://s.test" })).toEqual([
    expect.stringMatching(/^VENDOR_API_TOKEN must be set/),
  ]);
});
