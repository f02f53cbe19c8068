// Journeys of signing up, in and out over HTTP, on two processes that share a database. Titles name the requirement of
// OWASP ASVS 5.0 that a test covers.
import { describe, expect, test } from "vitest";
import { startTestApp } from "../../app.ts";
import { shareInFile } from "../../share-in-file.ts";
import { readTrail } from "../../trail.ts";

const app = await shareInFile(startTestApp());
const other = await shareInFile(startTestApp({ DB_URL: app.databaseUrl }));

const PASSWORD = "correct horse battery staple";
let count = 0;

async function register(overrides: Record<string, unknown> = {}) {
  count += 1;
  const name = `user${count}`;
  const body = { username: name, email: `${name}@example.com`, password: PASSWORD, ...overrides };
  const answer = await app.call("POST", "/api/v1/auth/register", { body });
  return { ...answer, name };
}

const logIn = (username: string, password = PASSWORD, at = app) =>
  at.call("POST", "/api/v1/auth/login", { body: { username, password } });

async function signUp() {
  const { name, body } = await register();
  const { body: tokens } = await logIn(name);
  return {
    name,
    id: body.id as string,
    access: tokens.access_token as string,
    refresh: tokens.refresh_token as string,
  };
}

const me = (token: string, at = app) => at.call("GET", "/api/v1/users/me", { token });
const refresh = (token: string, at = app) =>
  at.call("POST", "/api/v1/auth/refresh", { body: { refresh_token: token } });

async function events(of: string): Promise<string[]> {
  return (await readTrail(app.db)).filter(({ resource }) => resource?.id === of).map(({ event }) => event);
}

describe("registration", () => {
  test("in development the first user becomes admin and is told so; the next is a customer", async () => {
    const first = await register({ full_name: "Ada Lovelace" });
    expect(first).toMatchObject({
      status: 201,
      body: { username: "user1", roles: ["admin"], email_verified: false, full_name: "Ada Lovelace" },
    });
    expect(first.body.message).toContain("first user");
    const second = await register();
    expect(second.body).toMatchObject({ roles: ["customer"] });
    expect(second.body.message).toBeUndefined();
    expect(await events(second.body.id)).toEqual(["user_created"]);
  });

  test.each([
    ["short", "hunter2", "at least 8"],
    ["long", "x1y2z3a4".repeat(17), "at most 128"],
    ["common (V6.2.4)", "Football1", "most used"],
    ["common but for lookalikes (V6.2.4)", "P@ssw0rd123", "most used"],
    ["common but for the year (V6.2.4)", "letme1n-2026!", "most used"],
    ["of one character", "aaaaaaaaaa", "repeats"],
    ["a sequence", "12345678901", "sequence"],
    ["both own names", "Lovelace.Ada!", "your own name"],
    ["the own name", "lovelace2026", "your own name"],
    ["the own address", "ada.lovelace@example.com1", "your own name"],
  ])("V6.2 refuses a password that is %s and says why", async (_, password, reason) => {
    const answer = await register({ password, full_name: "Ada Lovelace", email: "ada.lovelace@example.com" });
    expect(answer).toMatchObject({ status: 400, body: { code: "password_refused" } });
    expect(answer.body.detail).toContain(reason);
  });

  test("V6.2.5 V6.2.9 takes many and any characters, of which a composed and a decomposed form are the same password", async () => {
    const password = "Grüße aus Köln 🚀, ".repeat(5);
    const { name, status } = await register({ password });
    expect(status).toBe(201);
    expect((await logIn(name, password.normalize("NFD"))).status).toBe(200);
    expect((await logIn(name, password.slice(0, -1))).status).toBe(401);
  });

  test("a name and an address belong to one user, however they are written", async () => {
    const { name } = await register();
    expect(await register({ username: name.toUpperCase() })).toMatchObject({
      status: 409,
      body: { code: "username_taken" },
    });
    expect(await register({ email: `${name}@EXAMPLE.com` })).toMatchObject({
      status: 409,
      body: { code: "email_taken" },
    });
  });

  test("two who register one name at once: one gets it, the other is told", async () => {
    const body = { username: "contended", email: "a@contended.test", password: PASSWORD };
    const answers = await Promise.all(
      [0, 1, 2, 3].map((index) =>
        [app, other][index % 2]?.call("POST", "/auth/register", {
          body: { ...body, email: `${index}@contended.test` },
        }),
      ),
    );
    expect(answers.map((answer) => answer?.status).sort()).toEqual([201, 409, 409, 409]);
  });

  test("address and full name lie encrypted in the database", async () => {
    const { body, name } = await register({ full_name: "Grace Hopper" });
    const [row] =
      await app.db`SELECT email, full_name, password_hash FROM identity.users WHERE id = ${body.id}`;
    expect(JSON.stringify(row)).not.toMatch(new RegExp(`${name}@|Grace`));
    expect(row?.["password_hash"]).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });
});

describe("login", () => {
  test("by name or address, as JSON or as a form, answers a pair of tokens", async () => {
    const { name } = await register();
    const byAddress = await logIn(`${name}@Example.com`);
    expect(byAddress).toMatchObject({ status: 200, body: { token_type: "Bearer", expires_in: 600 } });
    expect(byAddress.headers.get("cache-control")).toBe("no-store");
    const form = await fetch(`${app.url}/auth/login`, {
      method: "POST",
      body: new URLSearchParams({ grant_type: "password", username: name, password: PASSWORD }),
    });
    expect(form.status).toBe(200);
    const token = ((await form.json()) as { access_token: string }).access_token;
    expect((await me(token, other)).body).toMatchObject({ username: name });
  });

  test("V6.3.8 answers a wrong password, an unknown name and a disabled user alike", async () => {
    const { name } = await register();
    const disabled = await register();
    await app.db`UPDATE identity.users SET state = 'disabled' WHERE id = ${disabled.body.id}`;
    const answers = await Promise.all([
      logIn(name, "wrong wrong wrong"),
      logIn("nobody-here"),
      logIn(disabled.name),
    ]);
    const bodies = answers.map(({ body }) => ({ ...body, request_id: "" }));
    expect(bodies[0]).toMatchObject({ status: 401, code: "invalid_credentials" });
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
  });

  test("V11.4.2 a bcrypt hash from elsewhere signs in once and is Argon2id from then on; beyond 72 bytes it is refused", async () => {
    const { hash } = await import("bcryptjs");
    const { name, body } = await register();
    const setHash = async (password: string) =>
      app.db`UPDATE identity.users SET password_hash = ${await hash(password, 4)} WHERE id = ${body.id}`;
    await setHash("p".repeat(72));
    expect((await logIn(name, "p".repeat(73))).status).toBe(401);
    expect((await logIn(name, "p".repeat(72))).status).toBe(200);
    const [row] = await app.db`SELECT password_hash FROM identity.users WHERE id = ${body.id}`;
    expect(row?.["password_hash"]).toMatch(/^\$argon2id\$/);
    expect((await logIn(name, "p".repeat(72))).status).toBe(200);
  });

  test("V16.3.1 leaves its events on the trail by their OWASP names", async () => {
    const { name, body } = await register();
    await logIn(name, "wrong wrong wrong");
    await logIn(name);
    expect(await events(body.id)).toEqual([
      "user_created",
      "authn_login_fail",
      "authn_login_success",
      "session_created",
      "authn_token_created",
    ]);
  });
});

describe("access tokens", () => {
  test("V9.1 are signed with a published key and verify for any service", async () => {
    const { createRemoteJWKSet, jwtVerify } = await import("jose");
    const { access, id } = await signUp();
    const keys = createRemoteJWKSet(new URL(`${other.url}/.well-known/jwks.json`));
    const { payload, protectedHeader } = await jwtVerify(access, keys, {
      issuer: "countinghouse",
      audience: "countinghouse",
    });
    expect(protectedHeader).toMatchObject({ alg: "EdDSA", typ: "at+jwt" });
    expect(payload).toMatchObject({ sub: id, roles: ["customer"] });
    expect(JSON.stringify(payload)).not.toContain("@");
    const { keys: published } = (await app.call("GET", "/.well-known/jwks.json")).body;
    for (const key of published) expect(key).not.toHaveProperty("d");
  });

  test("V9.1.1 a token changed anywhere is refused", async () => {
    const { access } = await signUp();
    for (let index = 0; index < access.length; index += 7) {
      const changed = access[index] === "A" ? "B" : "A";
      const forged = `${access.slice(0, index)}${changed}${access.slice(index + 1)}`;
      expect((await me(forged)).status, `character ${index}`).toBe(401);
    }
  });

  test("V9.1.2 no other algorithm signs in our name: not none, not HS256 with the public key", async () => {
    const { access } = await signUp();
    const [, payload = ""] = access.split(".");
    const jwk = (await app.call("GET", "/.well-known/jwks.json")).body.keys[0];
    const { SignJWT } = await import("jose");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    const none = Buffer.from(JSON.stringify({ alg: "none", typ: "at+jwt", kid: jwk.kid })).toString(
      "base64url",
    );
    const hmac = await new SignJWT({ ...claims, roles: ["admin"] })
      .setProtectedHeader({ alg: "HS256", typ: "at+jwt", kid: jwk.kid })
      .sign(Buffer.from(JSON.stringify(jwk)));
    for (const token of [`${none}.${payload}.`, `${none}.${payload}.AAAA`, hmac])
      expect((await me(token)).status).toBe(401);
  });
});

describe("refresh", () => {
  test("failure 33: V10.4.5 fifty at once: one live family, and nobody is signed out", async () => {
    const { refresh: token, access } = await signUp();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => refresh(token, index % 2 === 0 ? app : other)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const successors = new Set(answers.map(({ body }) => body.refresh_token));
    expect(successors.size).toBe(1);
    expect((await me(access)).status).toBe(200);
    expect((await refresh([...successors][0])).status).toBe(200);
  });

  test("V10.4.5 a token used again after its successor was used ends the session on every process", async () => {
    const { refresh: first, id } = await signUp();
    const second = (await refresh(first)).body;
    const third = (await refresh(second.refresh_token)).body;
    expect((await me(third.access_token, other)).status).toBe(200);
    expect(await refresh(first)).toMatchObject({ status: 401, body: { code: "refresh_token_reused" } });
    expect((await me(third.access_token)).status).toBe(401);
    await expect.poll(async () => (await me(third.access_token, other)).status).toBe(401);
    expect(await refresh(third.refresh_token)).toMatchObject({
      status: 401,
      body: { code: "invalid_refresh_token" },
    });
    expect(await events(id)).toContain("authn_token_reuse");
  });

  test("a forged token of a known session ends nothing", async () => {
    const { refresh: token } = await signUp();
    await refresh(token);
    const forged = `${token.slice(0, -10)}AAAAAAAAAA`;
    expect(await refresh(forged)).toMatchObject({ status: 401, body: { code: "invalid_refresh_token" } });
    expect((await refresh(token)).status).toBe(200);
  });
});

describe("sessions", () => {
  test("V7.4.1 after logout the access token is void on every process, other sessions stay", async () => {
    const { name, access, refresh: token } = await signUp();
    const elsewhere = (await logIn(name)).body;
    expect((await me(access, other)).status).toBe(200);
    expect((await app.call("POST", "/api/v1/auth/logout", { token: access, body: {} })).body).toEqual({
      ended: 1,
    });
    expect((await me(access)).status).toBe(401);
    await expect.poll(async () => (await me(access, other)).status).toBe(401);
    expect((await refresh(token)).status).toBe(401);
    expect((await me(elsewhere.access_token)).status).toBe(200);
  });

  test("V7.5.2 a user sees where they are signed in, and ends one session or all, with a fresh proof", async () => {
    const { name, access, id } = await signUp();
    const second = (await logIn(name)).body.access_token;
    const { sessions } = (await app.call("GET", "/api/v1/users/me/sessions", { token: access })).body;
    expect(sessions).toHaveLength(2);
    expect(sessions[1]).toMatchObject({ current: true, device: "node", methods: ["pwd"] });
    await app.call("DELETE", `/api/v1/users/me/sessions/${sessions[0].id}`, { token: access });
    expect((await me(second)).status).toBe(401);
    expect((await me(access)).status).toBe(200);
    const third = (await logIn(name)).body;
    expect((await app.call("DELETE", "/users/me/sessions", { token: access })).body).toEqual({ ended: 1 });
    expect([(await me(access)).status, (await me(third.access_token)).status]).toEqual([200, 401]);

    const unlocked = (await logIn(name)).body;
    await app.db`UPDATE identity.sessions SET confirmed_at = now() - interval '11 minutes' WHERE user_id = ${id}`;
    const token = (await refresh(unlocked.refresh_token)).body.access_token;
    const others = [
      ["DELETE", `/users/me/sessions/${sessions[1].id}`, undefined],
      ["DELETE", "/users/me/sessions", undefined],
      ["POST", "/auth/logout", { all: true }],
    ] as const;
    for (const [method, path, body] of others)
      expect(await app.call(method, path, { token, body }), path).toMatchObject({
        status: 403,
        body: { code: "step_up_required" },
      });
    expect((await app.call("GET", "/users/me/sessions", { token })).body.sessions).toHaveLength(2);
    const proof = { token, body: { password: PASSWORD } };
    const fresh = (await app.call("POST", "/auth/step-up", proof)).body.access_token;
    const [method, path, body] = others[2];
    expect((await app.call(method, path, { token: fresh, body })).body).toEqual({ ended: 2 });
    const last = (await logIn(name)).body;
    await app.db`UPDATE identity.sessions SET confirmed_at = now() - interval '11 minutes' WHERE user_id = ${id}`;
    const stale = (await refresh(last.refresh_token)).body.access_token;
    expect((await app.call("POST", "/auth/logout", { token: stale })).body).toEqual({ ended: 1 }); // without a body: this one
  });

  test("V8.2.2 nobody ends the session of somebody else", async () => {
    const victim = await signUp();
    const attacker = await signUp();
    const { sessions } = (await app.call("GET", "/users/me/sessions", { token: victim.access })).body;
    const answer = await app.call("DELETE", `/users/me/sessions/${sessions[0].id}`, {
      token: attacker.access,
    });
    expect(answer).toMatchObject({ status: 404, body: { code: "no_such_session" } });
    expect((await me(victim.access)).status).toBe(200);
  });
});
