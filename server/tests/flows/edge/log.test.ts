// Nothing secret or personal ever reaches the log: a whole program runs at its most talkative while all goes right and
// wrong, and its output is searched for everything that it was told or made.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../database.ts";

const PASSWORD = "correct horse battery staple";
const SECRETS = {
  JWT_SECRET_KEY: "the-secret-that-signs-local-tokens-0123456789",
  ENCRYPTION_KEY: "a7".repeat(32),
};
const USER = {
  username: "zelda",
  email: "zelda.fitz@example.com",
  full_name: "Zelda Fitzgerald",
  password: PASSWORD,
};
const MAIN = join(import.meta.dirname, "..", "..", "..", "src", "main.ts");

let database: TestDatabase;
let dataDir: string;
let child: ReturnType<typeof spawn>;
let url: string;
let log = "";
beforeAll(async () => {
  database = await createTestDatabase({ migrated: false });
  dataDir = mkdtempSync(join(tmpdir(), "countinghouse-log-"));
  const settings = {
    APP_ENV: "test",
    LOG_LEVEL: "trace",
    PORT: "0",
    DATA_DIR: dataDir,
    DB_URL: database.url,
  };
  child = spawn(process.execPath, [MAIN, "serve"], {
    env: { ...process.env, ...SECRETS, ...settings },
    cwd: dataDir,
  });
  const listen = (chunk: Buffer) => {
    log += chunk;
  };
  child.stdout?.on("data", listen);
  child.stderr?.on("data", listen);
  const findUrl = () => /runs at (\S+)/.exec(log)?.[1];
  await vi.waitUntil(findUrl, { timeout: 60_000 });
  url = findUrl() ?? "";
});
afterAll(async () => {
  child?.kill("SIGKILL");
  await database?.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function call(request: string, { body, token }: { body?: object; token?: string } = {}) {
  const [method = "", path = ""] = request.split(" ");
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(url + path, { method, headers, ...sent });
  return (await answer.json().catch(() => ({}))) as ReturnType<typeof JSON.parse>;
}

/** Signs up, in and on, rightly and wrongly; returns all that was secret about it. */
async function signIn() {
  await call("POST /auth/register", { body: USER });
  await call("POST /auth/register", { body: USER });
  await call("POST /auth/register", { body: { ...USER, password: "Fitzgerald-1900" } });
  await call("POST /auth/login", { body: { username: "zelda", password: "a wrong password of hers" } });
  const tokens = await call("POST /auth/login", { body: { username: USER.email, password: PASSWORD } });
  const next = await call("POST /auth/refresh", { body: { refresh_token: tokens.refresh_token } });
  const wish = { name: "k", scopes: ["accounts:write"] };
  const key = await call("POST /users/me/api-keys", { token: next.access_token, body: wish });
  const account = { currency: "EUR", holder_name: USER.full_name, external_number: "DE89370400440532013000" };
  await call("POST /accounts", { token: key.key, body: account });
  await call("GET /accounts?external_number=DE89370400440532013000", { token: next.access_token });
  await call(`GET /admin/users?email=${USER.email}`, { token: next.access_token });
  return {
    access: tokens.access_token,
    signature: String(next.access_token).split(".")[2],
    refresh: tokens.refresh_token.slice(-43),
    nextRefresh: next.refresh_token.slice(-43),
    device: tokens.device_token,
    apiKey: key.key.slice(-43),
  };
}

async function followLinks(): Promise<string[]> {
  await call("POST /auth/password/forgot", { body: { username: USER.email } });
  const readMails = async () => (await call("GET /dev/mailbox")).mails as { text: string }[];
  await expect.poll(async () => (await readMails()).length, { timeout: 15_000 }).toBeGreaterThan(2);
  const links = (await readMails()).flatMap(({ text }) => /token=([\w-]+)/.exec(text)?.[1] ?? []);
  for (const link of links) await fetch(`${url}/auth/password/reset?token=${link}`);
  await call("POST /auth/password/reset", { body: { token: links[0], new_password: "short" } });
  return links;
}

test("V16.2.5 no secret, token or personal field reaches the log, at its most talkative, whatever goes wrong", async () => {
  const secrets = await signIn();
  const links = await followLinks();
  await database.db`ALTER TABLE identity.mails RENAME TO mails_gone`; // a bug, from now on
  await call("POST /auth/password/forgot", { body: { username: USER.email } });
  await call("POST /auth/register", {
    body: { ...USER, username: "zelda2", email: "zelda.two@example.com" },
  });
  child.kill("SIGTERM");
  await once(child, "exit");

  expect(log).toContain("internal error");
  expect(log).toContain('"url.path":"/auth/login"');
  const personal = ["zelda.fitz", "zelda.two", "Fitzgerald", "DE8937"];
  const passwords = [PASSWORD, "a wrong password of hers", new URL(database.url).password || "no password"];
  const forbidden = [
    ...Object.values(SECRETS),
    ...Object.values(secrets),
    ...links,
    ...personal,
    ...passwords,
  ];
  for (const text of forbidden) {
    expect(text.length).toBeGreaterThan(5);
    expect(log.includes(text), text).toBe(false);
  }
});
