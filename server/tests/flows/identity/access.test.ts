// Who may do what, for every operation of the API and every role, generated from the table of permissions; what
// administrators do with users.
import { describe, expect, test } from "vitest";
import { PERMISSIONS } from "../../../src/http/permissions.ts";
import type { IdentitySettings } from "../../../src/modules/identity/index.ts";
import {
  rotateSigningKeys,
  rotateWhenDue,
} from "../../../src/modules/identity/signing-keys/rotate-signing-keys.ts";
import { openVault } from "../../../src/runtime/vault/vault.ts";
import { ROLES, SYSTEM_ACTOR } from "../../../src/values/actor.ts";
import { startTestApp, type TestApp } from "../../app.ts";
import { shareInFile } from "../../share-in-file.ts";
import { readTrail } from "../../trail.ts";

const app = await shareInFile(startTestApp());
const other = await shareInFile(startTestApp({ DB_URL: app.databaseUrl }));

const PASSWORD = "correct horse battery staple";
const adminId: string = (await register("root-ada")).id;
let admin = await logIn("root-ada");
/** startTestApp's. */
const VAULT = {
  encryptionKey: Buffer.alloc(32, 7).toString("base64"),
  previousKey: undefined,
  dataDir: "/none",
};
const REASON = { reason: "Ticket 4711: the statement looks wrong" };

async function register(username: string) {
  const body = { username, email: `${username}@example.com`, password: PASSWORD };
  return (await app.call("POST", "/auth/register", { body })).body;
}
async function logIn(username: string, at = app): Promise<string> {
  return (await at.call("POST", "/auth/login", { body: { username, password: PASSWORD } })).body.access_token;
}
const asAdmin = (method: string, path: string, body?: unknown) =>
  app.call(method, `/api/v1${path}`, { token: admin, ...(body === undefined ? {} : { body }) });
const expiryOf = (token: string): number =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).exp * 1_000;
const statusOfMe = async (token: string, at = app) => (await at.call("GET", "/users/me", { token })).status;

describe("V8.2.1 the table of permissions", () => {
  test("stands for every operation, and each role is refused all that it does not name", async () => {
    const { paths } = (await app.call("GET", "/openapi.json")).body;
    const operations = Object.entries<Record<string, { operationId: string; security?: unknown[] }>>(paths)
      .filter(([path]) => path.startsWith("/api/"))
      .flatMap(([path, methods]) => Object.entries(methods).map(([method, it]) => ({ path, method, ...it })))
      .filter(({ security }) => security === undefined);
    expect(operations.length).toBeGreaterThan(40);
    for (const role of ROLES) {
      const token = await app.token(role, `${role}-of-the-table`);
      for (const { path, method, operationId } of operations) {
        const url = path.replaceAll(/\{\w+\}/g, "00000000-0000-4000-8000-000000000000");
        const answer = await app.call(method.toUpperCase(), url, {
          token,
          ...(method === "get" ? {} : { body: {} }),
        });
        const isAllowed = PERMISSIONS[operationId]?.roles.includes(role) === true;
        const what = `${role} ${operationId}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 200)}`;
        expect(answer.body?.code === "forbidden", what).toBe(!isAllowed);
        expect(answer.status, what).toBeLessThan(500);
      }
    }
  });

  test("V16.3.2 a refusal is on the audit trail with who, what and from where", async () => {
    const token = await app.token("customer", "mallory");
    await app.call("GET", "/api/v1/admin/users", { token, headers: { "x-request-id": "escalation-1" } });
    expect(await readTrail(app.db)).toContainEqual(
      expect.objectContaining({
        event: "authz_fail",
        actor_id: "mallory",
        outcome: "refused",
        code: "forbidden",
        details: { route: "GET /api/v1/admin/users" },
        origin: expect.objectContaining({ request_id: "escalation-1" }),
      }),
    );
  });
});

describe("administrators", () => {
  test("find users by address, page through them and see where they are signed in", async () => {
    const { id } = await register("findable");
    expect((await asAdmin("GET", "/admin/users?email=FINDABLE@example.com")).body.items).toMatchObject([
      { id },
    ]);
    const page = (await asAdmin("GET", "/admin/users?limit=1")).body;
    const next = (await asAdmin("GET", `/admin/users?limit=1&cursor=${page.next_cursor}`)).body;
    expect(next.items[0].id).not.toBe(page.items[0].id);
    await logIn("findable");
    expect((await asAdmin("GET", `/admin/users/${id}/sessions`)).body.sessions).toHaveLength(1);
  });

  test("V7.4.2 disable a user: every token of theirs is void at once on every process, and login fails", async () => {
    const { id } = await register("dismissed");
    const token = await logIn("dismissed");
    expect(await statusOfMe(token, other)).toBe(200);
    expect((await asAdmin("PATCH", `/admin/users/${id}`, { state: "disabled" })).status).toBe(200);
    expect(await statusOfMe(token)).toBe(401);
    await expect.poll(() => statusOfMe(token, other)).toBe(401);
    expect(await logIn("dismissed")).toBeUndefined();
  });

  test("V8.3.2 change roles: tokens with the old ones are void at once, the session's next ones have the new ones", async () => {
    const { id } = await register("promoted");
    const body = { username: "promoted", password: PASSWORD };
    const tokens = (await app.call("POST", "/auth/login", { body })).body;
    await asAdmin("PATCH", `/admin/users/${id}`, { roles: ["operator"] });
    expect(await statusOfMe(tokens.access_token)).toBe(401);
    const next = await app.call("POST", "/auth/refresh", { body: { refresh_token: tokens.refresh_token } });
    const me = await app.call("GET", "/users/me", { token: next.body.access_token });
    expect(me.body).toMatchObject({ roles: ["operator"] });
  });

  test("one always remains, even when two resign at once", async () => {
    expect(await asAdmin("PATCH", `/admin/users/${adminId}`, { state: "disabled" })).toMatchObject({
      status: 422,
      body: { code: "last_admin" },
    });
    const second = (await register("root-bob")).id;
    await asAdmin("PATCH", `/admin/users/${second}`, { roles: ["admin"] });
    const resign = (id: string) =>
      app.call("PATCH", `/admin/users/${id}`, { token: tokenOfStaff, body: { roles: ["customer"] } });
    const tokenOfStaff = await app.token("admin", "minted");
    const answers = await Promise.all([resign(adminId), resign(second)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422]);
    await app.db`UPDATE identity.users SET roles = '{admin}' WHERE id = ${adminId}`;
    admin = await logIn("root-ada");
  });

  test("act as a customer with a reason, for a limited time, without touching what is personal", async () => {
    const { id } = await register("helpless");
    expect((await asAdmin("POST", `/admin/users/${id}/impersonate`, { reason: "why" })).status).toBe(400);
    const { body } = await asAdmin("POST", `/admin/users/${id}/impersonate`, { ...REASON, minutes: 5 });
    const me = await app.call("GET", "/users/me", { token: body.access_token });
    expect(me.body).toMatchObject({ id, username: "helpless" });
    const change = { current_password: PASSWORD, new_password: "stolen by the operator" };
    expect(
      await app.call("POST", "/auth/password/change", { token: body.access_token, body: change }),
    ).toMatchObject({
      status: 403,
    });
    const trail = await readTrail(app.db);
    expect(trail).toContainEqual(
      expect.objectContaining({
        event: "authz_admin",
        actor_id: adminId,
        resource: { type: "user", id },
        details: { impersonation: { reason: REASON.reason, minutes: 5 } },
      }),
    );
    expect(body.expires_in).toBeLessThanOrEqual(300);
    expect(expiryOf(body.access_token) - Date.now()).toBeLessThanOrEqual(300_000);
    expect(trail).toContainEqual(
      expect.objectContaining({ event: "authz_fail", actor_id: adminId, actor_kind: `user as ${id}` }),
    );
    await asAdmin("POST", `/admin/users/${id}/end-sessions`);
    expect(await statusOfMe(body.access_token)).toBe(401);
  });

  test("act as a customer not a second longer than they said, refreshed or not", async () => {
    const { id } = await register("briefly");
    const { body } = await asAdmin("POST", `/admin/users/${id}/impersonate`, { ...REASON, minutes: 1 });
    await app.db`UPDATE identity.sessions SET expires_at = date_trunc('second', now()) + interval '3 seconds' WHERE user_id = ${id}`;
    const refresh = (refresh_token: string) => app.call("POST", "/auth/refresh", { body: { refresh_token } });
    const next = (await refresh(body.refresh_token)).body;
    expect(next.expires_in).toBeLessThanOrEqual(3);
    const [row] = await app.db<
      { ends: Date }[]
    >`SELECT expires_at AS ends FROM identity.sessions WHERE user_id = ${id}`;
    expect(expiryOf(next.access_token)).toBe(row?.ends.getTime());
    // Sooner than the five seconds by which clocks may otherwise differ.
    await expect.poll(() => statusOfMe(next.access_token), { timeout: 4_500 }).toBe(401);
    expect((await refresh(next.refresh_token)).status).toBe(401);
  });

  test("are out of an operator's reach: their sessions, their reset, their keys", async () => {
    const { id } = await register("root-kim");
    await asAdmin("PATCH", `/admin/users/${id}`, { roles: ["admin"] });
    const kim = await logIn("root-kim");
    const body = { name: "mine", scopes: ["accounts:read", "users:read"] };
    const key = (await app.call("POST", "/users/me/api-keys", { token: kim, body })).body;
    const operator = await app.token("operator", "op-of-kim");
    for (const [method, path] of [
      ["POST", `/admin/users/${id}/end-sessions`],
      ["POST", `/admin/users/${id}/password-reset`],
      ["DELETE", `/admin/users/${id}/api-keys/${key.id}`],
    ] as const)
      expect(await app.call(method, path, { token: operator }), path).toMatchObject({
        status: 403,
        body: { code: "administrators_only" },
      });
    expect([await statusOfMe(kim), (await app.call("GET", "/accounts", { token: key.key })).status]).toEqual([
      200, 200,
    ]);
    const refused = (await readTrail(app.db)).filter(({ code }) => code === "administrators_only");
    expect(refused).toHaveLength(3);
    expect(refused[0]).toMatchObject({ event: "authz_fail", actor_id: "op-of-kim", outcome: "refused" });
    expect((await asAdmin("POST", `/admin/users/${id}/end-sessions`)).body).toEqual({ ended: 1 });
    await asAdmin("PATCH", `/admin/users/${id}`, { roles: ["customer"] });
    const listUsers = await app.call("GET", "/admin/users", { token: key.key }); // no more than its owner may now
    expect(listUsers).toMatchObject({
      status: 403,
      body: { detail: "this needs the role admin or operator" },
    });
  });

  test("act as no other member of staff", async () => {
    const second = (await register("root-eve")).id;
    await asAdmin("PATCH", `/admin/users/${second}`, { roles: ["operator"] });
    expect(await asAdmin("POST", `/admin/users/${second}/impersonate`, REASON)).toMatchObject({
      body: { code: "may_not_impersonate" },
    });
  });

  test("bring users along with bcrypt hashes, and refuse hashes that nothing can check", async () => {
    const { hash } = await import("bcryptjs");
    const user = { username: "imported", email: "imported@example.com", roles: ["customer"] };
    expect((await asAdmin("POST", "/admin/users", { ...user, password_hash: "md5:1234" })).status).toBe(400);
    const password_hash = await hash(PASSWORD, 4);
    expect((await asAdmin("POST", "/admin/users", { ...user, password_hash })).status).toBe(201);
    expect(await logIn("imported")).toBeTypeOf("string");
  });
});

describe("V13.3.4 the keys that sign access tokens", () => {
  const kidOf = (token: string) =>
    JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).kid;
  const published = async (at: TestApp): Promise<string[]> =>
    (await at.call("GET", "/.well-known/jwks.json")).body.keys.map(({ kid }: { kid: string }) => kid);
  const tell = (change: Promise<unknown>) =>
    change.then(() => app.db`SELECT pg_notify('identity_signing_keys', '')`);
  const rotation = { reason: "Ticket 4713: quarterly rotation" };

  test("rotate with overlap, on every process: published first, then signing, the old one good until its last token", async () => {
    const old = await logIn("root-ada");
    const made = await asAdmin("POST", "/admin/signing-keys/rotate", rotation);
    expect(made).toMatchObject({ status: 201, body: { verifies_until: null } });
    const { kid, signs_from } = made.body;
    expect(Date.parse(signs_from)).toBeGreaterThan(Date.now() + 590_000);
    expect(await published(app)).toEqual([kidOf(old), kid]);
    await expect.poll(() => published(other)).toEqual([kidOf(old), kid]);
    expect(kidOf(await logIn("root-ada"))).toBe(kidOf(old));
    expect(await asAdmin("POST", "/admin/signing-keys/rotate", rotation)).toMatchObject({
      status: 409,
      body: { code: "signing_key_pending" },
    });

    await tell(app.db`UPDATE identity.signing_keys SET signs_from = now() WHERE kid = ${kid}`);
    await expect.poll(async () => kidOf(await logIn("root-ada", other))).toBe(kid);
    const { signing_keys } = (await asAdmin("GET", "/admin/signing-keys")).body;
    expect(signing_keys).toMatchObject([
      { kid: kidOf(old), use: "verifies", verifies_until: expect.any(String) },
      { kid, use: "signs" },
    ]);
    const untilMs = Date.parse(signing_keys[0].verifies_until) - Date.parse(signs_from);
    expect(untilMs).toBe(600_000 + 60_000); // a token of the last moment, and clocks that differ
    expect([await statusOfMe(old), await statusOfMe(old, other)]).toEqual([200, 200]);
    await tell(app.db`UPDATE identity.signing_keys SET verifies_until = now() WHERE kid = ${kidOf(old)}`);
    await expect.poll(() => statusOfMe(old, other)).toBe(401);
    expect(await published(other)).toEqual([kid]);
    admin = await logIn("root-ada");
    expect(await readTrail(app.db)).toContainEqual(
      expect.objectContaining({
        event: "authz_admin",
        actor_id: adminId,
        resource: { type: "signing_key", id: kid },
        details: { rotated: "planned", reason: rotation.reason, signs_from },
      }),
    );
  });

  test("given up because compromised: no token of theirs is good on any process, though a planned one waited; sessions go on", async () => {
    const body = { username: "root-ada", password: PASSWORD };
    const tokens = (await app.call("POST", "/auth/login", { body })).body;
    expect((await asAdmin("POST", "/admin/signing-keys/rotate", rotation)).status).toBe(201);
    expect(await statusOfMe(tokens.access_token, other)).toBe(200);
    const settings = { signingKeyDays: 30, accessTokenSeconds: 600 } as IdentitySettings;
    const vault = await openVault(app.db, VAULT);
    const context = { actor: SYSTEM_ACTOR, origin: { requestId: "countinghouse signing-keys rotate" } };
    const wish = { mode: "compromised", reason: "Ticket 4714: a backup was stolen" } as const;
    const { kid } = await rotateSigningKeys({ db: app.db, vault, settings, now: Date.now }, wish, context);
    for (const at of [app, other]) {
      await expect.poll(() => statusOfMe(tokens.access_token, at)).toBe(401);
      expect(await published(at)).toEqual([kid]);
    }
    const next = await app.call("POST", "/auth/refresh", { body: { refresh_token: tokens.refresh_token } });
    expect(kidOf(next.body.access_token)).toBe(kid);
    expect(await statusOfMe(next.body.access_token, other)).toBe(200);
    admin = await logIn("root-ada");
  });

  test("follow by themselves when the newest has signed for SIGNING_KEY_DAYS; a stale session rotates nothing", async () => {
    const [before = ""] = await published(app);
    const vault = await openVault(app.db, VAULT);
    const settings = { signingKeyDays: 2, accessTokenSeconds: 600 } as IdentitySettings;
    const at = (days: number) => ({ db: app.db, vault, settings, now: () => Date.now() + days * 86_400_000 });
    await rotateWhenDue(at(1));
    expect(await published(app)).toEqual([before]);
    await Promise.all([rotateWhenDue(at(3)), rotateWhenDue(at(3))]); // two processes at once
    await expect.poll(async () => (await published(other)).length).toBe(2);
    const body = { username: "root-ada", password: PASSWORD };
    const { refresh_token } = (await app.call("POST", "/auth/login", { body })).body;
    await app.db`UPDATE identity.sessions SET confirmed_at = now() - interval '11 minutes' WHERE user_id = ${adminId}`;
    const token = (await app.call("POST", "/auth/refresh", { body: { refresh_token } })).body.access_token;
    expect(
      await app.call("POST", "/api/v1/admin/signing-keys/rotate", { token, body: rotation }),
    ).toMatchObject({ status: 403, body: { code: "step_up_required" } });
  });
});
