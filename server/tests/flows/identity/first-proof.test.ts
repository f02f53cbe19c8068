// The first proof of an address: what a stranger put on it before does not outlive it.
import { generateSync } from "otplib";
import { expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";
import { createCredential, signChallenge } from "../../authenticator.ts";
import { shareInFile } from "../../share-in-file.ts";
import { awaitLink, readMails } from "./mailbox.ts";

const app = await shareInFile(startTestApp());
const other = await shareInFile(startTestApp({ DB_URL: app.databaseUrl }));

const PASSWORD = "correct horse battery staple";
const NEXT = "another horse, another staple";
const call: TestApp["send"] = (...sent) => app.send(...sent);
const logIn = (username: string, password = PASSWORD, proof: object = {}) =>
  call(undefined, "POST /auth/login", { username, password, ...proof });

await signUp("root", "root@example.com"); // becomes administrator

async function signUp(username: string, email: string): Promise<string> {
  await call(undefined, "POST /auth/register", { username, email, password: PASSWORD });
  return (await logIn(username)).body.access_token;
}

/** Everything that can be added to an account, by whoever registered with the address. */
async function addAll(username: string, email: string) {
  const first = await signUp(username, email);
  const session = (await logIn(username)).body as {
    access_token: string;
    refresh_token: string;
    device_token: string;
  };
  const apiKey = (await call(first, "POST /users/me/api-keys", { name: "own", scopes: ["accounts:read"] }))
    .body.key as string;
  const { key: passkey, credential } = createCredential(
    (await call(first, "POST /users/me/passkeys/options")).body,
  );
  const added = await call(first, "POST /users/me/passkeys", { name: "Phone", credential });
  const { secret } = (await call(first, "POST /users/me/factors/totp")).body;
  const code = generateSync({ secret });
  const confirmed = await call(first, "POST /users/me/factors/totp/confirm", { code });
  expect([added.status, confirmed.status]).toEqual([201, 200]);
  expect((await call(apiKey, "GET /accounts")).status).toBe(200);
  expect((await other.call("GET", "/accounts", { token: apiKey })).status).toBe(200); // believed there for a minute
  return { first, session, apiKey, passkey, backupCodes: confirmed.body.backup_codes as string[] };
}

async function expectGone({
  first,
  session,
  apiKey,
  passkey,
}: Awaited<ReturnType<typeof addAll>>): Promise<void> {
  for (const token of [first, session.access_token])
    expect((await call(token, "GET /users/me")).status).toBe(401);
  expect((await call(undefined, "POST /auth/refresh", { refresh_token: session.refresh_token })).status).toBe(
    401,
  );
  expect((await call(apiKey, "GET /accounts")).status).toBe(401);
  await expect.poll(async () => (await other.call("GET", "/accounts", { token: apiKey })).status).toBe(401);
  const signed = signChallenge(passkey, (await call(undefined, "POST /auth/passkey/options")).body);
  expect((await call(undefined, "POST /auth/passkey/login", { passkey: signed })).status).toBe(401);
}

async function resetPassword(username: string, email: string, password = NEXT) {
  await call(undefined, "POST /auth/password/forgot", { username });
  const token = await awaitLink([app, other], email, "password/reset");
  return call(undefined, "POST /auth/password/reset", { token, new_password: password });
}

test("F6-19 the owner's password reset drops all that a stranger added to an address that nobody had proved", async () => {
  const stranger = await addAll("mallory", "nora@example.com");
  await call(stranger.first, "PATCH /users/me", { email: "mallory@evil.example" });
  const takeAway = await awaitLink([app, other], "mallory@evil.example", "email/verify");
  const verify = await awaitLink([app, other], "nora@example.com", "email/verify");
  expect((await resetPassword("nora@example.com", "nora@example.com")).status).toBe(200);
  await expectGone(stranger);
  for (const token of [takeAway, verify])
    expect(await call(undefined, "POST /auth/email/verify", { token })).toMatchObject({
      status: 400,
      body: { code: "invalid_link" },
    });
  expect((await logIn("mallory")).status).toBe(401);
  const { body } = await logIn("nora@example.com", NEXT); // without a second factor
  const me = (await call(body.access_token, "GET /users/me")).body;
  expect(me).toMatchObject({ email: "nora@example.com", email_verified: true, pending_email: null });
  expect((await call(body.access_token, "GET /users/me/factors")).body).toEqual({
    totp: false,
    passkeys: [],
    backup_codes_left: 0,
  });
  expect((await call(body.access_token, "GET /users/me/api-keys")).body.api_keys).toEqual([]);
  const [devices] =
    await app.db`SELECT count(*)::int AS count FROM identity.devices WHERE user_id = ${me.id}`;
  expect(devices).toEqual({ count: 2 }); // that of the reset, that of the login
});

test("F6-19 once the address is proved, a reset leaves API keys and second factors: it is a new password, and no more", async () => {
  const { first, apiKey } = await addAll("olga", "olga@example.com");
  const token = await awaitLink([app, other], "olga@example.com", "email/verify");
  expect((await call(first, "POST /auth/email/verify", { token })).status).toBe(200);
  expect((await resetPassword("olga", "olga@example.com")).status).toBe(200);
  expect((await call(apiKey, "GET /accounts")).status).toBe(200);
  expect((await logIn("olga", NEXT)).body.code).toBe("second_factor_required");
  expect((await call(first, "GET /users/me")).status).toBe(401);
});

test("F6-19 the link of the confirmation alone drops what was added, with the password; with the password nothing", async () => {
  const stranger = await addAll("mallet", "petra@example.com");
  const token = await awaitLink([app, other], "petra@example.com", "email/verify");
  expect(
    await call(undefined, "POST /auth/email/verify", { token, password: "wrong password" }),
  ).toMatchObject({
    status: 422,
    body: { code: "wrong_password" },
  });
  expect((await call(undefined, "POST /auth/email/verify", { token })).status).toBe(200);
  await expectGone(stranger);
  expect((await logIn("petra@example.com")).status).toBe(401);
  const told = async () => (await readMails([app, other], "petra@example.com")).map(({ subject }) => subject);
  await expect.poll(told, { timeout: 15_000 }).toContain("Your address is confirmed; set a new password");
  expect((await resetPassword("petra@example.com", "petra@example.com")).status).toBe(200);
  expect((await logIn("petra@example.com", NEXT)).status).toBe(200);

  const owner = await addAll("quentin", "quentin@example.com");
  const own = await awaitLink([app, other], "quentin@example.com", "email/verify");
  expect((await call(undefined, "POST /auth/email/verify", { token: own, password: PASSWORD })).status).toBe(
    200,
  );
  expect((await call(owner.apiKey, "GET /accounts")).status).toBe(200);
  expect((await call(owner.first, "GET /users/me")).body.email_verified).toBe(true);
});

test("F6-19 the link alone ends what a stranger has where all they did was to register: password and sessions", async () => {
  const first = await signUp("mandy", "nina@example.com");
  const { refresh_token } = (await logIn("mandy")).body;
  const token = await awaitLink([app, other], "nina@example.com", "email/verify");
  expect((await call(undefined, "POST /auth/email/verify", { token })).status).toBe(200);
  expect((await call(first, "GET /users/me")).status).toBe(401);
  expect((await call(undefined, "POST /auth/refresh", { refresh_token })).status).toBe(401);
  expect((await logIn("mandy")).status).toBe(401);
  expect((await resetPassword("nina@example.com", "nina@example.com")).status).toBe(200);
  expect((await logIn("nina@example.com", NEXT)).status).toBe(200);
});

test("F6-19 a session of somebody else, or of an administrator who acts as the user, is not the user's own", async () => {
  const root = (await logIn("root")).body.access_token;
  for (const [name, tokenOf] of [
    ["rosa", async () => root],
    ["sven", (id: string) => impersonate(root, id)],
  ] as const) {
    const email = `${name}@example.com`;
    const stranger = await addAll(name, email);
    const { id } = (await call(stranger.first, "GET /users/me")).body;
    const token = await awaitLink([app, other], email, "email/verify");
    expect((await call(await tokenOf(id), "POST /auth/email/verify", { token })).status).toBe(200);
    await expectGone(stranger);
  }
});

async function impersonate(root: string, id: string): Promise<string> {
  const body = { reason: "Ticket 4711: shall confirm it for them", minutes: 5 };
  return (await call(root, `POST /admin/users/${id}/impersonate`, body)).body.access_token;
}

test("F6-19 a key that is made while the address is proved is dropped, or was never made", async () => {
  for (let round = 0; round < 5; round += 1) {
    const [name, email] = [`racer${round}`, `racer${round}@example.com`];
    const token = await signUp(name, email);
    await call(undefined, "POST /auth/password/forgot", { username: name });
    const link = await awaitLink([app, other], email, "password/reset");
    const make = () => call(token, "POST /users/me/api-keys", { name: "late", scopes: ["accounts:read"] });
    const answers = await Promise.all([
      make(),
      call(undefined, "POST /auth/password/reset", { token: link, new_password: NEXT }),
      make(),
      make(),
    ]);
    for (const { status, body } of answers)
      if (status === 201) expect((await call(body.key, "GET /accounts")).status).toBe(401);
    expect(answers[1]?.status).toBe(200);
  }
});

test("F6-19 keys that an administrator made for a program stay: no stranger added them", async () => {
  const root = (await logIn("root")).body.access_token;
  const program = { username: "till-9", email: "till-9@example.com", roles: ["service"] };
  const { id } = (await call(root, "POST /admin/users", program)).body;
  const key = await call(root, `POST /admin/users/${id}/api-keys`, {
    name: "till",
    scopes: ["accounts:read"],
  });
  const token = await awaitLink([app, other], program.email, "email/verify");
  expect((await call(undefined, "POST /auth/email/verify", { token })).status).toBe(200);
  expect((await call(key.body.key, "GET /accounts")).status).toBe(200);
});
