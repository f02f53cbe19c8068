import { expect, test } from "vitest";
import { startTestApp, type TestAnswer } from "../../app.ts";
import { shareInFile } from "../../share-in-file.ts";

const app = await shareInFile(startTestApp());

/** Bodies of the chain, once all that was written by now is chained. */
async function readTrail(): Promise<ReturnType<typeof JSON.parse>[]> {
  for (;;) {
    const [waiting] = await app.db<[{ count: number }]>`SELECT count(*)::int AS count FROM audit.pending`;
    if (waiting.count === 0) break;
  }
  const rows = await app.db<{ body: string }[]>`SELECT body FROM audit.entries ORDER BY seq`;
  return rows.map((row) => JSON.parse(row.body));
}

test("ASVS 16.2.1: every command leaves who did what, on what, from where, with which outcome; a repeat leaves nothing", async () => {
  const token = await app.token("operator", "olga");
  const headers = { "x-request-id": "req-1", "idempotency-key": "key-1" };
  const opened = await app.call("POST", "/api/v1/accounts", { token, body: { currency: "EUR" }, headers });
  const deposit = {
    token,
    headers: { "x-request-id": "req-2", "idempotency-key": "key-2" },
    body: { type: "deposit", account_id: opened.body.id, amount: "5.00", currency: "EUR" },
  };
  const posted = await app.call("POST", "/api/v1/transactions", deposit);
  await app.call("POST", "/api/v1/transactions", deposit);
  const refused = await app.call("POST", "/api/v1/transactions", {
    token,
    headers: { "x-request-id": "req-3" },
    body: { ...deposit.body, type: "withdrawal", amount: "9.00" },
  });
  expect([opened.status, posted.status, refused.status]).toEqual([201, 201, 422]);
  const rate = { base: "EUR", quote: "EUR", rate: "1" };
  await app.call("POST", "/api/v1/accounts", { token, body: { currency: "EUR" }, headers });
  await app.call("POST", "/api/v1/exchange-rates", { token: await app.token("admin"), body: rate });

  const who = { actor_id: "olga", actor_kind: "user" };
  expect(await readTrail()).toMatchObject([
    { ...who, event: "account.open", outcome: "success", resource: { type: "account", id: opened.body.id } },
    {
      ...who,
      event: "transaction.post",
      outcome: "success",
      resource: { type: "transaction", id: posted.body.id },
      origin: { request_id: "req-2", ip: expect.stringMatching(/^[0-9a-f]{64}$/) },
    },
    {
      ...who,
      event: "transaction.post",
      outcome: "refused",
      code: "insufficient_funds",
      resource: { type: "transaction", id: refused.body.transaction_id },
      origin: { request_id: "req-3" },
    },
  ]);
});

test("a refusal of a command that is not on the hot path is on the trail too, once per key", async () => {
  const token = await app.token("operator", "otto");
  const opened = await app.call("POST", "/api/v1/accounts", { token, body: { currency: "EUR" } });
  const call = () =>
    app.call("PATCH", `/api/v1/accounts/${opened.body.id}`, {
      token,
      headers: { "idempotency-key": "change", "if-match": '"77"' },
      body: { name: "x" },
    });
  expect((await call()).status).toBe(409);
  expect((await call()).status).toBe(409);
  const entries = (await readTrail()).filter((entry) => entry.actor_id === "otto");
  expect(entries.slice(1)).toMatchObject([
    {
      event: "account.change",
      outcome: "refused",
      code: "version_mismatch",
      resource: { type: "account", id: opened.body.id },
    },
  ]);
});

test("a batch is one entry that names the stamps of all it booked", async () => {
  const token = await app.token("operator", "nina");
  const opened = await app.call("POST", "/api/v1/accounts", { token, body: { currency: "EUR" } });
  const deposit = { type: "deposit", account_id: opened.body.id, amount: "1.00", currency: "EUR" };
  const body = { mode: "independent", transactions: [deposit, deposit, deposit] };
  const posted = await app.call("POST", "/api/v1/transactions/batch", { token, body });
  const ids = posted.body.results.map((result: { transaction: { id: string } }) => result.transaction.id);
  expect((await readTrail()).at(-1)).toMatchObject({
    event: "transaction.post_batch",
    resource: { type: "transaction", id: ids[0] },
    details: { last_stamp: ids[2] },
  });
});

test("a secure transaction answers with its signature; without API_KEY_V1 the answer says what to set", async () => {
  const token = await app.token("operator");
  const body = { user_id: "ada", amount: "10.50" };
  const without = await startTestApp({ DB_URL: app.databaseUrl, API_KEY_V1: "" });
  const unset = await without.call("POST", "/api/v1/secure-transactions", { token, body });
  await without.stop();
  expect(unset).toMatchObject({ status: 503, body: { code: "secure_records_not_configured" } });
  expect(unset.body.detail).toContain("API_KEY_V1");
  const configured = await startTestApp({ DB_URL: app.databaseUrl, API_KEY_V1: "k".repeat(32) });
  await app.call("POST", "/api/v1/accounts", {
    token,
    body: { currency: "EUR", owner_id: "ada", external_owner: true },
  });
  const call = (by: string, sent: object) =>
    configured.call("POST", "/api/v1/secure-transactions", { token: by, body: sent });
  const posted = await call(token, body);
  expect(posted).toMatchObject({
    status: 201,
    body: { status: "success", tx_id: expect.stringMatching(/^\w{64}$/) },
  });
  expect((await call(token, { ...body, amount: "-1" })).status).toBe(400);
  expect((await call(token, { ...body, amount: "1.001" })).status).toBe(400);
  expect((await call(token, { ...body, user_id: "nobody" })).status).toBe(404);
  expect((await call(await app.token("customer", "ada"), body)).status).toBe(403);
  await configured.stop();
});

interface Refusal {
  readonly send: () => Promise<TestAnswer>;
  readonly status: number;
  readonly entry: Readonly<Record<string, unknown>>;
}

const PASSWORD = "correct horse battery staple";
const HASH = expect.stringMatching(/^[0-9a-f]{64}$/);
const NOBODY = { actor_id: "anonymous", actor_kind: "anonymous" };
const JUNK = { token: "ch_live_0123456789abcdef_junk" };

async function signUp(username: string): Promise<{ id: string; token: string; refreshToken: string }> {
  const body = { username, email: `${username}@example.com`, password: PASSWORD };
  const { id } = (await app.call("POST", "/auth/register", { body })).body;
  const tokens = (await app.call("POST", "/auth/login", { body: { username, password: PASSWORD } })).body;
  return { id, token: tokens.access_token, refreshToken: tokens.refresh_token };
}

/** What administrators and signed-in users may not: by the event that it would have been. */
function refusalsOfUsers(
  admin: { id: string; token: string },
  vera: { id: string; token: string },
): Refusal[] {
  const asAdmin = (method: string, path: string, body: object) => () =>
    app.call(method, path, { token: admin.token, body });
  const confirm = { token: vera.token, body: { code: "000000" } };
  const byAdmin = { actor_id: admin.id, resource: { type: "user", id: admin.id } };
  const byVera = { actor_id: vera.id, resource: { type: "user", id: vera.id } };
  const taken = { username: "vera2", email: "vera@example.com", roles: ["customer"] };
  return [
    {
      send: asAdmin("POST", `/admin/users/${admin.id}/impersonate`, { reason: "Ticket 4711: looks wrong" }),
      status: 422,
      entry: { event: "authz_admin", code: "may_not_impersonate", ...byAdmin },
    },
    {
      send: asAdmin("PATCH", `/admin/users/${admin.id}`, { roles: ["customer"] }),
      status: 422,
      entry: { event: "authz_change", code: "last_admin", ...byAdmin },
    },
    {
      send: asAdmin("POST", "/admin/users", taken),
      status: 409,
      entry: {
        event: "user_created",
        code: "email_taken",
        ...byVera,
        actor_id: admin.id,
        personal: { username: HASH, email: HASH },
      },
    },
    {
      send: () => app.call("POST", "/users/me/factors/totp/confirm", confirm),
      status: 422,
      entry: { event: "user_updated", code: "wrong_code", ...byVera },
    },
  ];
}

/** What whoever is not known tries: the account is the resource, and nobody is blamed. */
function refusalsOfNobody(vera: { id: string; refreshToken: string }): Refusal[] {
  const post = (path: string, body: object) => () => app.call("POST", path, { body });
  const link = { token: "x".repeat(43) };
  const taken = { username: "vera2", email: "vera@example.com", password: PASSWORD };
  const unsafe = { username: "vera3", email: "vera3@example.com", password: "password" };
  const about = { ...NOBODY, resource: { type: "user", id: vera.id } };
  return [
    {
      send: post("/auth/register", taken),
      status: 409,
      entry: {
        event: "user_created",
        code: "email_taken",
        ...about,
        personal: { username: HASH, email: HASH },
      },
    },
    {
      send: post("/auth/register", unsafe),
      status: 400,
      entry: { event: "user_created", code: "password_refused", ...NOBODY },
    },
    {
      send: post("/auth/password/reset", { ...link, new_password: PASSWORD }),
      status: 400,
      entry: { event: "authn_password_change", code: "invalid_link", ...NOBODY },
    },
    {
      send: post("/auth/email/verify", link),
      status: 400,
      entry: { event: "user_updated", code: "invalid_link", ...NOBODY },
    },
    {
      send: post("/auth/login", { username: "vera", password: "wrong wrong wrong" }),
      status: 401,
      entry: { event: "authn_login_fail", code: "invalid_credentials", ...about, personal: { login: HASH } },
    },
    {
      send: post("/auth/refresh", { refresh_token: vera.refreshToken }),
      status: 401,
      entry: { event: "session_expired", code: "invalid_refresh_token", ...about },
    },
    {
      send: () => app.call("GET", "/accounts", JUNK),
      status: 401,
      entry: { event: "authn_token_invalid", code: "unauthenticated", ...NOBODY },
    },
  ];
}

test("V16.3.2 V16.3.3 refusals are on the trail, each by its event; they name who, on what and why, and are forgotten with the person", async () => {
  const admin = await signUp("root-ada");
  const vera = await signUp("vera");
  const body = { currency: "EUR", owner_id: "somebody else", external_owner: true };
  const { id } = (await app.call("POST", "/accounts", { token: await app.token("operator"), body })).body;
  await app.db`UPDATE identity.sessions SET expires_at = now() WHERE user_id = ${vera.id}`;
  const hidden: Refusal = {
    send: () => app.call("GET", `/accounts/${id}`, { token: vera.token }),
    status: 404,
    entry: {
      event: "authz_fail",
      code: "account_not_found",
      actor_id: vera.id,
      details: { route: "GET /accounts/:id", id },
    },
  };
  const refusals = [...refusalsOfUsers(admin, vera), ...refusalsOfNobody(vera), hidden];
  for (const { send, status, entry } of refusals)
    expect({ ...entry, ...(await send()) }).toMatchObject({ ...entry, status });
  await app.call("POST", "/auth/password/forgot", { body: { username: "vera@example.com" } });
  const trail = await readTrail();
  for (const { entry } of refusals)
    expect(trail).toContainEqual(expect.objectContaining({ ...entry, outcome: "refused" }));

  const call = (method: string, path: string) => app.call(method, path, { token: admin.token });
  const readValues = async () => JSON.stringify((await call("GET", "/audit?limit=500")).body);
  expect(await readValues()).toContain("vera@example.com");
  expect((await call("DELETE", `/audit/subjects/${vera.id}`)).status).toBe(200);
  expect(await readValues()).not.toMatch(/vera\d?@example\.com/);
});

test("V16.3.2 tokens that are not good and limits that are passed are on the trail a few times, and then counted", async () => {
  const limited = await startTestApp({ DB_URL: app.databaseUrl, RATE_LIMIT_ANONYMOUS: "40" });
  const headers = { "x-request-id": "flood" };
  const flood = Array.from({ length: 30 }, () => limited.call("GET", "/accounts", { ...JUNK, headers }));
  const statuses = (await Promise.all(flood)).map(({ status }) => status);
  await limited.stop();
  const trail = await readTrail();
  const flooded = (event: string) =>
    trail.filter((entry) => entry.event === event && entry.origin.request_id === "flood");
  const [refused = 0, exceeded = 0] = [401, 429].map(
    (status) => statuses.filter((each) => each === status).length,
  );
  const tokens = flooded("authn_token_invalid");
  expect(tokens).toHaveLength(11);
  expect(tokens.at(-1)?.details).toMatchObject({ count: refused - 10 });
  expect(flooded("excess_rate_limit_exceeded")).toMatchObject([
    { details: { limit: "anonymous" } },
    { details: { limit: "anonymous", count: exceeded - 1 } },
  ]);
});

test("where the chain cannot be extended, readiness names it, the gauge is 1, and requests are served on", async () => {
  const moveLog = (by: number) => app.db`UPDATE audit.logs SET size = size + ${by} WHERE name = 'entries'`;
  const ready = async () => (await app.call("GET", "/health/ready")).body;
  const gauge = async () =>
    /^audit_sequencer_failing (\d)/m.exec((await app.call("GET", "/metrics")).body)?.[1];
  await readTrail();
  expect([await ready(), await gauge()]).toEqual([{ status: "ready" }, "0"]);
  await moveLog(1);
  const token = await app.token("operator");
  expect((await app.call("POST", "/api/v1/accounts", { token, body: { currency: "EUR" } })).status).toBe(201);
  await expect.poll(ready).toEqual({ status: "ready", degraded: [expect.stringContaining("audit trail")] });
  expect(await gauge()).toBe("1");
  await moveLog(-1);
  await expect.poll(ready, { timeout: 10_000 }).toEqual({ status: "ready" });
});
