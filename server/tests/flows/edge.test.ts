// The edge: security headers, hosts, other sites, limits; and that nothing secret or personal ever reaches the log.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startTestApp } from "../app.ts";
import { createTestDatabase } from "../database.ts";

const PASSWORD = "correct horse battery staple";

test("V3.4 every answer carries the security headers", async () => {
  const app = await startTestApp();
  for (const path of ["/health", "/api/v1/accounts", "/nothing-here", "/docs/"]) {
    const { headers } = await app.call("GET", path);
    expect(headers.get("x-content-type-options"), path).toBe("nosniff");
    expect(headers.get("strict-transport-security"), path).toContain("max-age=31536000");
    expect(headers.get("referrer-policy"), path).toBe("no-referrer");
    expect(headers.get("content-security-policy"), path).toContain("frame-ancestors 'none'");
    expect(headers.get("access-control-allow-origin"), path).toBeNull();
    expect(headers.get("x-powered-by"), path).toBeNull();
  }
  await app.stop();
});

test("V3.4.2 only the origins of CORS_ORIGINS may call from a browser; only TRUSTED_HOSTS are served", async () => {
  const app = await startTestApp({
    CORS_ORIGINS: "https://shop.example",
    TRUSTED_HOSTS: "127.0.0.1, api.example",
  });
  const allowed = async (origin: string) =>
    (await app.call("GET", "/health", { headers: { origin } })).headers.get("access-control-allow-origin");
  expect(await allowed("https://shop.example")).toBe("https://shop.example");
  expect(await allowed("https://evil.example")).toBeNull();
  const preflight = await app.call("OPTIONS", "/api/v1/transactions", {
    headers: { origin: "https://shop.example", "access-control-request-method": "POST" },
  });
  expect(preflight.status).toBe(204);
  const forged = new URL(app.url);
  forged.hostname = "localhost";
  const answer = await fetch(`${forged.href}api/v1/accounts`);
  expect(await answer.json()).toMatchObject({ status: 400, code: "untrusted_host" });
  await app.stop();
});

test("V6.3.1 limits hold per network and per user, and X-Forwarded-For counts only from a trusted proxy", async () => {
  const app = await startTestApp({ RATE_LIMIT_LOGIN: "4", RATE_LIMIT_USER: "4" });
  const logIn = (ip: string) =>
    app.call("POST", "/auth/refresh", { body: { refresh_token: "x" }, headers: { "x-forwarded-for": ip } });
  const statuses = [];
  for (const ip of ["203.0.113.1", "203.0.113.2", "203.0.113.3"]) statuses.push((await logIn(ip)).status);
  expect(statuses).toEqual([401, 401, 429]);
  const refused = await logIn("203.0.113.4");
  expect(refused.body).toMatchObject({ code: "rate_limited", limit: "login" });
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(refused.headers.get("ratelimit")).toMatch(/^"login";r=0;t=\d+$/);
  const customers = await Promise.all(["ada", "bob"].map((name) => app.token("customer", name)));
  const list = async (token: string | undefined) =>
    (await app.call("GET", "/accounts", { token: token ?? "" })).status;
  const [ada, bob] = customers;
  expect([await list(ada), await list(ada), await list(ada), await list(bob)]).toEqual([200, 200, 429, 200]);
  const staff = await app.token("operator");
  for (let index = 0; index < 10; index += 1) expect(await list(staff)).toBe(200);
  await app.stop();

  const behindProxy = await startTestApp({ RATE_LIMIT_LOGIN: "4", TRUSTED_PROXIES: "127.0.0.1" });
  const refresh = async (ip: string) => {
    const headers = { "x-forwarded-for": ip };
    return (await behindProxy.call("POST", "/auth/refresh", { body: { refresh_token: "x" }, headers }))
      .status;
  };
  expect([await refresh("203.0.113.1"), await refresh("203.0.113.1"), await refresh("203.0.113.1")]).toEqual([
    401, 401, 429,
  ]);
  expect(await refresh("203.0.113.2")).toBe(401);
  const sameNetwork = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::2", "2001:db8:1:2:1:2:3:4", "2001:db8:1:3::1"];
  const answers = [];
  for (const ip of sameNetwork) answers.push(await refresh(ip));
  expect(answers).toEqual([401, 401, 429, 401]);
  await behindProxy.stop();
});

test("V16.2.5 no secret, token or personal field reaches the log, at its most talkative, whatever goes wrong", async () => {
  const database = await createTestDatabase({ migrated: false });
  const dataDir = mkdtempSync(join(tmpdir(), "countinghouse-log-"));
  const secrets = {
    JWT_SECRET_KEY: "the-secret-that-signs-local-tokens-0123456789",
    ENCRYPTION_KEY: "q7".repeat(32).replaceAll("q", "a"),
  };
  const main = join(import.meta.dirname, "..", "..", "src", "main.ts");
  const child = spawn(process.execPath, [main, "serve"], {
    env: {
      ...process.env,
      ...secrets,
      APP_ENV: "test",
      LOG_LEVEL: "trace",
      PORT: "0",
      DATA_DIR: dataDir,
      DB_URL: database.url,
    },
    cwd: dataDir,
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (log += chunk));
  await expect.poll(() => /runs at (\S+)/.exec(log)?.[1], { timeout: 60_000 }).toBeDefined();
  const url = /runs at (\S+)/.exec(log)?.[1] ?? "";
  const call = async (
    method: string,
    path: string,
    { body, token }: { body?: object; token?: string } = {},
  ) => {
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const answer = await fetch(url + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await answer.json().catch(() => ({}))) as ReturnType<typeof JSON.parse>;
  };
  const user = {
    username: "zelda",
    email: "zelda.fitz@example.com",
    full_name: "Zelda Fitzgerald",
    password: PASSWORD,
  };
  await call("POST", "/auth/register", { body: user });
  await call("POST", "/auth/register", { body: user });
  await call("POST", "/auth/register", { body: { ...user, password: "Fitzgerald-1900" } });
  await call("POST", "/auth/login", { body: { username: "zelda", password: "a wrong password of hers" } });
  const tokens = await call("POST", "/auth/login", { body: { username: user.email, password: PASSWORD } });
  const next = await call("POST", "/auth/refresh", { body: { refresh_token: tokens.refresh_token } });
  const key = await call("POST", "/users/me/api-keys", {
    token: next.access_token,
    body: { name: "k", scopes: ["accounts:write"] },
  });
  await call("POST", "/accounts", {
    token: key.key,
    body: { currency: "EUR", holder_name: user.full_name, external_number: "DE89370400440532013000" },
  });
  await call("GET", `/accounts?external_number=DE89370400440532013000`, { token: next.access_token });
  await call("GET", `/admin/users?email=${user.email}`, { token: next.access_token });
  await call("POST", "/auth/password/forgot", { body: { username: user.email } });
  await expect
    .poll(async () => (await call("GET", "/dev/mailbox")).mails.length, { timeout: 15_000 })
    .toBeGreaterThan(1);
  const links = (await call("GET", "/dev/mailbox")).mails.map(
    ({ text }: { text: string }) => /token=([\w-]+)/.exec(text)?.[1],
  );
  for (const link of links) await fetch(`${url}/auth/password/reset?token=${link}`);
  await call("POST", "/auth/password/reset", { body: { token: links[0], new_password: "short" } });
  await database.db`ALTER TABLE identity.mails RENAME TO mails_gone`; // a bug, from now on
  await call("POST", "/auth/password/forgot", { body: { username: user.email } });
  await call("POST", "/auth/register", {
    body: { ...user, username: "zelda2", email: "zelda.two@example.com" },
  });
  child.kill("SIGTERM");
  await once(child, "exit");
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });

  expect(log).toContain("internal error");
  expect(log).toContain('"url.path":"/auth/login"');
  const forbidden = {
    ...secrets,
    password: PASSWORD,
    refused: "Fitzgerald-1900",
    wrong: "a wrong password of hers",
    email: "zelda.fitz",
    email2: "zelda.two",
    name: "Fitzgerald",
    iban: "DE8937",
    access: tokens.access_token,
    signature: String(next.access_token).split(".")[2],
    refresh: tokens.refresh_token.slice(-43),
    refresh2: next.refresh_token.slice(-43),
    device: tokens.device_token,
    apiKey: key.key.slice(-43),
    database: new URL(database.url).password || "no-password",
    ...Object.fromEntries(links.map((link: string, index: number) => [`link${index}`, link])),
  };
  for (const [name, text] of Object.entries(forbidden)) expect(log.includes(String(text)), name).toBe(false);
});
