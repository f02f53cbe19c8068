// API keys: what they open and what no key does, who makes them for whom, and how they end.
import { describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";
import { shareInFile } from "../../share-in-file.ts";
import { readTrail } from "../../trail.ts";

const app = await shareInFile(startTestApp());
const other = await shareInFile(startTestApp({ DB_URL: app.databaseUrl }));

const PASSWORD = "correct horse battery staple";
const adminId: string = (await register("root")).id;
const admin = await logIn("root");
await register("ada");
const REASON = { reason: "Ticket 4711: the statement looks wrong" };

async function register(username: string) {
  const body = { username, email: `${username}@example.com`, password: PASSWORD };
  return (await app.call("POST", "/auth/register", { body })).body;
}
async function logIn(username: string): Promise<string> {
  const body = { username, password: PASSWORD };
  return (await app.call("POST", "/auth/login", { body })).body.access_token;
}
const asAdmin = (method: string, path: string, body?: unknown) =>
  app.call(method, `/api/v1${path}`, { token: admin, ...(body === undefined ? {} : { body }) });

describe("API keys", () => {
  async function makeKey(scopes: string[]) {
    const user = { username: `till-${scopes.length}-${Date.now()}`, roles: ["service"] };
    const made = await asAdmin("POST", "/admin/users", { ...user, email: `${user.username}@example.com` });
    const key = await asAdmin("POST", `/admin/users/${made.body.id}/api-keys`, { name: "Till", scopes });
    expect(key).toMatchObject({
      status: 201,
      body: { scopes, key: expect.stringMatching(/^ch_live_[0-9a-f]{16}_/) },
    });
    return { userId: made.body.id as string, id: key.body.id as string, key: key.body.key as string };
  }

  test("open what their scopes name and nothing else; only a hash is kept", async () => {
    const { key } = await makeKey(["accounts:read", "accounts:write"]);
    const opened = await app.call("POST", "/api/v1/accounts", { token: key, body: { currency: "EUR" } });
    expect(opened.status).toBe(201);
    const transfer = { type: "deposit", account_id: opened.body.id, amount: "1", currency: "EUR" };
    expect(await app.call("POST", "/api/v1/transactions", { token: key, body: transfer })).toMatchObject({
      status: 403,
      body: { detail: "this API key lacks the scope transactions:write" },
    });
    expect((await app.call("GET", "/api/v1/users/me/sessions", { token: key })).status).toBe(403);
    const rows = await app.db`SELECT k::text AS row FROM identity.api_keys k`;
    expect(JSON.stringify(rows)).not.toContain(key.slice(-43));
  });

  test("are void at once on every process when revoked, when expired, and when their user is disabled", async () => {
    const owner = await logIn("ada");
    const mine = (
      await app.call("POST", "/users/me/api-keys", {
        token: owner,
        body: { name: "mine", scopes: ["accounts:read"] },
      })
    ).body;
    const statusOf = async (key: string, at = other) =>
      (await at.call("GET", "/accounts", { token: key })).status;
    expect(await statusOf(mine.key)).toBe(200);
    expect((await app.call("DELETE", `/users/me/api-keys/${mine.id}`, { token: owner })).status).toBe(200);
    await expect.poll(() => statusOf(mine.key)).toBe(401);
    expect(await statusOf(mine.key, app)).toBe(401);

    const till = await makeKey(["accounts:read"]);
    expect(await statusOf(till.key)).toBe(200);
    await asAdmin("PATCH", `/admin/users/${till.userId}`, { state: "disabled" });
    await expect.poll(() => statusOf(till.key)).toBe(401);

    const expired = await makeKey(["accounts:read"]);
    await app.db`UPDATE identity.api_keys SET expires_at = now() WHERE id = ${expired.id}`;
    expect(await statusOf(expired.key)).toBe(401);
  });

  test("are made by staff for programs alone: not for customers, operators or administrators, and that is on the trail", async () => {
    const body = { name: "spy", scopes: ["accounts:read"] };
    for (const roles of [["customer"], ["operator"], ["admin"], ["service", "customer"]]) {
      const username = `person-${roles.join("-")}`;
      const user = { username, email: `${username}@example.com`, roles };
      const { id } = (await asAdmin("POST", "/admin/users", user)).body;
      expect(await asAdmin("POST", `/admin/users/${id}/api-keys`, body)).toMatchObject({
        status: 403,
        body: { code: "not_a_program", detail: expect.stringContaining("role is `service`") },
      });
      if (roles.includes("admin")) await asAdmin("PATCH", `/admin/users/${id}`, { state: "disabled" });
    }
    const refused = (await readTrail(app.db)).filter(({ code }) => code === "not_a_program");
    const by = { event: "authz_fail", actor_id: adminId, outcome: "refused" };
    expect(refused).toMatchObject(Array(4).fill(by));
  });

  test("open nothing once the program that staff made one for has become a person", async () => {
    const till = await makeKey(["accounts:read"]);
    const list = async () => (await other.call("GET", "/accounts", { token: till.key })).status;
    expect(await list()).toBe(200);
    await asAdmin("PATCH", `/admin/users/${till.userId}`, { roles: ["customer"] });
    await expect.poll(list).toBe(401);
    await asAdmin("PATCH", `/admin/users/${till.userId}`, { roles: ["service"] });
    await expect.poll(list).toBe(200);
  });

  test("change nobody's rights, whatever their scopes; each act names its key on the trail, and so does the refusal", async () => {
    const wish = { name: "sync", scopes: ["users:read", "users:write", "accounts:write"] };
    const made = (await asAdmin("POST", "/users/me/api-keys", wish)).body;
    const { id } = await register("tempting");
    const byKey = (method: string, path: string, body?: unknown) =>
      app.call(method, `/api/v1${path}`, { token: made.key, ...(body === undefined ? {} : { body }) });
    const user = { username: "sneaky", email: "sneaky@example.com", password: PASSWORD, roles: ["admin"] };
    for (const [method, path, body] of [
      ["POST", "/admin/users", user],
      ["PATCH", `/admin/users/${id}`, { roles: ["admin"] }],
      ["POST", `/admin/users/${id}/factors/reset`, REASON],
      ["POST", `/admin/users/${id}/impersonate`, REASON],
      ["POST", `/admin/users/${id}/api-keys`, wish],
      ["POST", "/users/me/api-keys", wish],
    ] as const)
      expect(await byKey(method, path, body), path).toMatchObject({
        status: 403,
        body: { code: "person_required" },
      });
    expect((await byKey("POST", "/accounts", { currency: "EUR" })).status).toBe(201);
    expect((await byKey("POST", `/admin/users/${id}/end-sessions`)).status).toBe(200);
    const entries = (await readTrail(app.db)).filter(({ actor_kind }) => actor_kind === `api_key ${made.id}`);
    expect(entries.every(({ actor_id }) => actor_id === adminId)).toBe(true);
    expect(entries.filter(({ code }) => code === "person_required")).toHaveLength(6);
    expect(entries.map(({ event }) => event)).toEqual(
      expect.arrayContaining(["authz_fail", "account.open", "authn_token_revoked"]),
    );
  });

  test("of others are listed without their secrets and revoked by staff: at once on every process, on the trail once", async () => {
    const till = await makeKey(["accounts:read"]);
    const path = `/admin/users/${till.userId}/api-keys`;
    const listed = await asAdmin("GET", path);
    expect(listed.body.api_keys).toMatchObject([{ id: till.id, prefix: `ch_live_${till.id}`, name: "Till" }]);
    expect(JSON.stringify(listed.body)).not.toContain(till.key.slice(-43));
    const list = async (at: TestApp) => (await at.call("GET", "/accounts", { token: till.key })).status;
    expect([await list(app), await list(other)]).toEqual([200, 200]);
    const operator = await app.token("operator");
    const revoke = () => app.call("DELETE", `/api/v1${path}/${till.id}`, { token: operator });
    expect((await Promise.all([revoke(), revoke()])).map(({ status }) => status)).toEqual([200, 200]);
    expect((await revoke()).status).toBe(200);
    expect(await list(app)).toBe(401);
    await expect.poll(() => list(other)).toBe(401);
    expect((await asAdmin("GET", path)).body).toEqual({ api_keys: [] });
    const details = { api_key: till.id };
    const entries = (await readTrail(app.db)).filter(
      (entry) => entry.event === "authn_token_revoked" && entry.details?.["api_key"] === till.id,
    );
    expect(entries).toMatchObject([{ actor_id: "operator", resource: { id: till.userId }, details }]);
    expect(await asAdmin("DELETE", `${path}/${"0".repeat(16)}`)).toMatchObject({
      status: 404,
      body: { code: "no_such_api_key" },
    });
    expect(await asAdmin("GET", `/admin/users/${crypto.randomUUID()}/api-keys`)).toMatchObject({
      status: 404,
      body: { code: "no_such_user" },
    });
  });

  test("cannot be made with scopes beyond their user's roles", async () => {
    const owner = await logIn("ada");
    const body = { name: "greedy", scopes: ["users:write"] };
    const answer = await app.call("POST", "/users/me/api-keys", { token: owner, body });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: "scopes" }] } });
  });

  test("are told to their user by mail", async () => {
    await makeKey(["accounts:read", "accounts:write", "rates:read"]);
    const told = async () => {
      const mails = [app, other].map(async (at) => (await at.call("GET", "/dev/mailbox")).body.mails);
      const all = (await Promise.all(mails)).flat() as { to: string; subject: string }[];
      return all.filter(
        ({ to, subject }) => to.startsWith("till-3-") && subject.startsWith("An API key was made"),
      ).length;
    };
    await expect.poll(told, { timeout: 15_000 }).toBe(1);
  });
});
