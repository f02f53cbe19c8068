import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { judgeSettings } from "../program/judge-settings.ts";
import { CONFIG_KEYS } from "./config.ts";
import type { Form } from "./forms.ts";
import * as forms from "./forms.ts";
import type { ConfigKey } from "./key.ts";
import { loadConfig, readConfig } from "./load-config.ts";

const read = (environment: Record<string, string>) => readConfig({ environment, envFile: "/nonexistent" });
const problemsOf = (environment: Record<string, string>) => read(environment).problems;

/** Texts that do not have the form; what comes before ": " is the form's name in forms.ts. */
const WRONG: Readonly<Record<string, readonly string[]>> = {
  text: ["a\nb", "a\u0007"],
  visible: ["two words", "naïve", "a\nb"],
  httpUrl: ["foo", "ftp://example.com", "http://", "//example.com", "http://a b", "https:example.com"],
  baseUrl: [
    "foo",
    "localhost:8000",
    "http://example.com/?a=1",
    "http://example.com/#a",
    "https://u:p@example.com",
  ],
  anyUrl: ["foo", "/paid", "javascript://x/%0aalert(1)"],
  smtpUrl: ["foo", "mail.example.com:25", "http://mail.example.com", "smtp://"],
  listenHost: ["http://localhost", "localhost:8000", "[::1]", "1.2.3", "a b", "*"],
  domain: ["https://example.com", "example.com:443", "*.example.com", "127.0.0.1"],
  hosts: ["https://a.example", "a.example:80", "*", "*.a.example", ",", "a.example, b/", "::1"],
  origins: [
    "*",
    "null",
    "a.example",
    "https://a.example/",
    "https://a.example/x",
    "https://*.a.example",
    ",",
  ],
  networks: ["foo", "*", "true", "10.0.0.0/33", "10.0.0", "::1/129", "10.0.0.1, foo", "fe80::1%eth0", ","],
  mailbox: [
    "foo",
    "a@",
    "@b.example",
    "a@b.example, c@d.example",
    "Shop a@b.example",
    "A <a@b.example> b",
    "a@b",
  ],
  folder: ["a\nb"],
  key32: ["abc", "00".repeat(31), "00".repeat(33), "!".repeat(44)],
  stripeKey: ["pk_live_51NxQzR8bTm4KvYw2Lc9Hd7Uf", "sk_live_51NxQzR8b Tm4KvYw2Lc9Hd7Uf"],
  webhookSecret: ["foo", "sk_test_1", "whsec_"],
  directoryId: ["a/b", "a b", "https://login.example"],
  logName: ["a+b", "a b", "https://log.example"],
  currency: ["€", "US D", "-"],
  language: ["english", "e", "de_DE", "de-", "constructor", "x-klingon", "de-DE-DE-DE-a"],
  timeZone: ["+01:00", "Berlin", "Europe/Atlantis", "UTC+1", "constructor"],
};
const RIGHT: Readonly<Record<string, readonly string[]>> = {
  baseUrl: ["http://localhost:8000", "https://example.com/shop/", "https://[::1]:8443"],
  anyUrl: ["https://shop.example.com/paid?order=1", "shop://paid"],
  smtpUrl: ["smtps://user:p%40ss@mail.example.com:465"],
  listenHost: ["0.0.0.0", "::", "localhost", "db-1.internal"],
  hosts: ["shop.example.com", "a.example, 10.0.0.5, [::1]"],
  origins: ["https://shop.example.com", "http://localhost:3000, https://a.example"],
  networks: ["127.0.0.1", "10.0.0.0/8, ::1, fd00::/8", "0.0.0.0/0"],
  mailbox: [
    "a@b.example",
    "Shop <a@b.example>",
    '"Shop, Inc." <a@b.example>',
    "Müller & Co. <no-reply@localhost>",
  ],
  key32: ["00".repeat(32), Buffer.alloc(32, 1).toString("base64"), Buffer.alloc(32, 9).toString("base64url")],
  currency: ["EUR", "eur"],
  language: ["en", "de", "pt-BR", "zh-Hant", "sr-Latn-RS", "de-u-co-phonebk", "fil"],
  timeZone: ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"],
};

/** Values that this key must refuse, whatever its neighbours are. */
function listWrong(key: ConfigKey): readonly string[] {
  if (key.type === "integer")
    return [
      "many",
      "-1",
      "1.5",
      "1e3",
      "0x10",
      "99999999999999999",
      ...(key.maximum === undefined ? [] : [String(key.maximum + 1)]),
    ];
  if (key.type === "boolean") return ["maybe", "2"];
  if (key.type === "choice") return ["loud", `${key.choices?.[0]}x`];
  if (key.type === "json") return ["{", "a"];
  return WRONG[nameOf(key.form)] ?? [];
}

function nameOf(form: Form | undefined): string {
  return Object.entries(forms).find(([, value]) => value === form)?.[0] ?? "none";
}

describe("a setting that cannot be used", () => {
  it.each(CONFIG_KEYS.map((key: ConfigKey) => [key.name, key] as const))(
    "F6-32 is named: %s",
    (name, key) => {
      const wrong = listWrong(key);
      expect(wrong, "a new form needs samples here").not.toEqual([]);
      for (const value of wrong) {
        const problems = problemsOf({ [name]: value });
        expect(
          problems.filter((problem) => problem.startsWith(`${name} must `)),
          value,
        ).toHaveLength(1);
        const shown = key.secret === true ? "not its value" : `not "${value}"`;
        expect(problems.join(), value).toContain(shown);
      }
    },
  );

  it("F6-32 is told together with all others, and blamed on no neighbour", () => {
    expect(
      problemsOf({ PORT: "99999", TRUSTED_PROXIES: "foo", MAIL_FROM: "foo", CORS_ORIGINS: "*" }),
    ).toEqual([
      'PORT must be a whole number from 0 to 65535, not "99999"',
      'TRUSTED_PROXIES must list addresses or networks such as 10.0.0.0/8 or ::1, not "foo"',
      'CORS_ORIGINS must list origins such as https://shop.example.com, each by name, without path and *, not "*"',
      'MAIL_FROM must be one e-mail address, such as shop@example.com or Shop <shop@example.com>, not "foo"',
    ]);
    expect(problemsOf({ OIDC_ISSUER: "foo", OIDC_AUDIENCE: "x" })).toHaveLength(1);
    expect(() => loadConfig({ environment: { PORT: "x" }, envFile: "/nonexistent" })).toThrow("PORT must be");
  });

  it("F6-32 is judged by its module before anything is made, though another one is malformed", () => {
    const { config } = read({ PORT: "99999", TAX_RATE: "abc", RISK_RULES: "[1]", STEP_UP_LIMITS: "[]" });
    expect(() => judgeSettings(config, { isNew: false })).toThrow(
      /RISK_RULES.*; .*STEP_UP_LIMITS.*; TAX_RATE must be a decimal/s,
    );
    const other = read({ DEFAULT_CURRENCY: "FOO" }).config;
    expect(() => judgeSettings(other, { isNew: true })).toThrow(
      "DEFAULT_CURRENCY must be one that a new database knows",
    );
    expect(() => judgeSettings(other, { isNew: false })).not.toThrow();
  });

  it("F6-32 is named with the option that gave it", () => {
    const wrong = [{ key: "PORT", option: "--port", value: "99999" }];
    expect(readConfig({ environment: {}, envFile: "/nonexistent", options: wrong }).problems).toEqual([
      'PORT (--port) must be a whole number from 0 to 65535, not "99999"',
    ]);
    const options = [
      { key: "PORT", option: "--port", value: "9000" },
      { key: "DATA_DIR", option: "--data-dir", value: "there" },
    ];
    const environment = { PORT: "1", DATA_DIR: "here" };
    expect(readConfig({ environment, envFile: "/nonexistent", options }).config).toMatchObject({
      PORT: 9_000,
      DATA_DIR: "there",
      PUBLIC_URL: "http://localhost:9000",
    });
  });
});

describe("a file .env", () => {
  const readFile = (bytes: Buffer) => {
    const folder = mkdtempSync(join(tmpdir(), "countinghouse-env-"));
    const envFile = join(folder, ".env");
    writeFileSync(envFile, bytes);
    try {
      return readConfig({ environment: {}, envFile });
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it("F6-27 is read with and without a byte order mark, and in UTF-16, as editors and shells write it", () => {
    const text = "PORT=9000\r\nMAIL_FROM=Müller <shop@example.com>\r\n";
    for (const bytes of [
      Buffer.from(text),
      Buffer.from(`\uFEFF${text}`),
      Buffer.from(`\uFEFF${text}`, "utf16le"),
    ])
      expect(readFile(bytes)).toMatchObject({
        problems: [],
        config: { PORT: 9_000, MAIL_FROM: "Müller <shop@example.com>" },
      });
  });

  it("F6-27 is refused where it is not UTF-8: a secret in it would be another", () => {
    expect(() => readFile(Buffer.from("JWT_SECRET_KEY=größe", "latin1"))).toThrow("it is not UTF-8");
    expect(() => readFile(Buffer.from("PORT=9000\0"))).toThrow("it is not UTF-8");
  });
});

describe("a setting that can be used", () => {
  it.each(Object.entries(RIGHT))("has its form, in each of its writings: %s", (name, values) => {
    const key = CONFIG_KEYS.find(
      ({ form, group }: ConfigKey) => form !== undefined && nameOf(form) === name && group !== "Access",
    );
    for (const value of values) expect(problemsOf({ [key?.name ?? ""]: value }), value).toEqual([]);
  });

  it("F6-32 is understood in any case and with blanks around it", () => {
    const given = {
      LOG_LEVEL: "INFO",
      APP_ENV: " Test ",
      ENABLE_FRAUD_CHECK: "Yes",
      PORT: " 9000 ",
      DEFAULT_CURRENCY: "eur",
    };
    const { config, problems } = read(given);
    expect(problems).toEqual([]);
    expect(config).toMatchObject({
      LOG_LEVEL: "info",
      APP_ENV: "test",
      ENABLE_FRAUD_CHECK: true,
      PORT: 9_000,
      DEFAULT_CURRENCY: "EUR",
    });
    expect(read({ PORT: " ", MAIL_FROM: "" })).toMatchObject({ problems: [], config: { PORT: 8_000 } });
  });
});
