// The edge: security headers, hosts, other sites, limits.
import { expect, test } from "vitest";
import { ACCESS_KEYS } from "../../../src/config/keys/access.ts";
import { startTestApp } from "../../app.ts";

const DEFAULT_ANONYMOUS = ACCESS_KEYS.find(({ name }) => name === "RATE_LIMIT_ANONYMOUS")?.default ?? "";

test("V3.4.1 V3.4.4 V3.4.5 V3.4.6 every answer carries the security headers", async () => {
  const app = await startTestApp();
  for (const path of ["/", "/health", "/api/v1/accounts", "/nothing-here", "/docs/"]) {
    const { headers } = await app.call("GET", path);
    expect(headers.get("x-content-type-options"), path).toBe("nosniff");
    expect(headers.get("strict-transport-security"), path).toContain("max-age=31536000");
    expect(headers.get("referrer-policy"), path).toBe("no-referrer");
    expect(headers.get("content-security-policy"), path).toContain("frame-ancestors 'none'");
    expect(headers.get("access-control-allow-origin"), path).toBeNull();
    expect(headers.get("x-powered-by"), path).toBeNull();
  }
  const root = await app.call("GET", "/");
  expect(root).toMatchObject({ status: 200, body: { docs: "/docs/", openapi: "/openapi.json" } });
  const headers = { "content-type": "application/json" };
  const poisoned = await fetch(`${app.url}/auth/login`, {
    method: "POST",
    headers,
    body: '{"__proto__":{}}',
  });
  expect(await poisoned.json()).toMatchObject({
    code: "invalid_json",
    detail: expect.stringContaining("__proto__"),
  });
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

test("V2.4.1 a limit holds per API key, of staff too; another key of the same user has its own", async () => {
  const app = await startTestApp({ RATE_LIMIT_KEY: "2" });
  const login = { username: "root", password: "correct horse battery staple" };
  await app.call("POST", "/auth/register", { body: { ...login, email: "root@example.com" } }); // becomes administrator
  const token = (await app.call("POST", "/auth/login", { body: login })).body.access_token;
  const body = { name: "till", scopes: ["accounts:read"] };
  const makeKey = async () =>
    (await app.call("POST", "/users/me/api-keys", { token, body })).body.key as string;
  const [first, second] = [await makeKey(), await makeKey()];
  const list = (key: string) => app.call("GET", "/accounts", { token: key });
  const admitted = await list(first);
  expect(admitted.headers.get("ratelimit-policy")).toBe('"key";q=1;w=30');
  expect(admitted.headers.get("ratelimit")).toMatch(/^"key";r=0;t=\d+$/);
  const refused = await list(first);
  expect(refused).toMatchObject({ status: 429, body: { code: "rate_limited", limit: "key" } });
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect([(await list(second)).status, (await list(token)).status]).toEqual([200, 200]); // the person is not limited by their keys
  await app.stop();
});

test("failure 35: V2.4.1 V4.1.3 limits hold per network (of IPv6 its /64) and per user, and X-Forwarded-For counts only from a trusted proxy", async () => {
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

test("F6-24 only bad tokens are counted against their network; a good one gets in, known or not, when those are used up", async () => {
  const app = await startTestApp({ RATE_LIMIT_ANONYMOUS: "4" });
  const ask = async (token: string) => (await app.call("GET", "/accounts", { token })).status;
  const tokens = await Promise.all(["a", "b", "c", "d"].map((name) => app.token("operator", name)));
  const [late = "", known = "", ...others] = tokens;
  for (const token of [known, ...others]) expect(await ask(token)).toBe(200);
  expect([await ask("ch_live_wrong"), await ask("wrong"), await ask("ch_live_wrong")]).toEqual([
    401, 401, 429,
  ]);
  expect([await ask(known), await ask(late)]).toEqual([200, 200]);
  expect((await app.call("GET", "/accounts")).status).toBe(429); // no token is no good one
  await app.stop();
});

test("F6-24 two thousand people with fresh tokens come in through one network at once, beside a flood of bad ones", async () => {
  const app = await startTestApp({ RATE_LIMIT_ANONYMOUS: DEFAULT_ANONYMOUS });
  const mint = (_: unknown, index: number) => app.token("customer", `buyer-${index}`);
  const good = await Promise.all(Array.from({ length: 2_000 }, mint));
  const ask = async (token: string) => (await app.call("GET", "/accounts", { token })).status;
  const flood = good.slice(0, 500).map((token) => ask(`${token.slice(0, -8)}AAAAAAAA`));
  const statuses = await Promise.all(good.map(ask));
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  const refused = await Promise.all(flood);
  expect(new Set(refused)).toEqual(new Set([401, 429]));
  await app.stop();
});
