// The second factor: an authenticator app with backup codes, at login and for sensitive acts.
import { generateSync } from "otplib";
import { expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";
import { shareInFile } from "../../share-in-file.ts";
import { readTrail } from "../../trail.ts";

const app = await shareInFile(startTestApp());

const PASSWORD = "correct horse battery staple";
const STEP_MS = 30_000;
const call: TestApp["send"] = (...sent) => app.send(...sent);
const logIn = (username: string, code?: string) =>
  app.call("POST", "/auth/login", {
    body: { username, password: PASSWORD, ...(code === undefined ? {} : { code }) },
  });
/** The app's code of now, or of steps before or after. */
const codeOf = (secret: string, steps = 0) =>
  generateSync({ secret, epoch: Math.floor((Date.now() + steps * STEP_MS) / 1_000) });

async function signUpWithApp(username: string) {
  const body = { username, email: `${username}@example.com`, password: PASSWORD };
  await app.call("POST", "/auth/register", { body });
  const first = (await logIn(username)).body;
  const token = first.access_token as string;
  const { secret, uri } = (await call(token, "POST /users/me/factors/totp")).body;
  expect(uri).toMatch(/^otpauth:\/\/totp\//);
  const confirmed = await call(token, "POST /users/me/factors/totp/confirm", { code: codeOf(secret, -1) });
  expect(confirmed.status).toBe(200);
  const backupCodes = confirmed.body.backup_codes as string[];
  return { token, secret: secret as string, backupCodes, device_token: first.device_token as string };
}

test("V6.3.3 once confirmed, login needs a code of the app; a begun one asks for nothing", async () => {
  const { secret } = await signUpWithApp("ada");
  expect(await logIn("ada")).toMatchObject({ status: 401, body: { code: "second_factor_required" } });
  expect(await logIn("ada", "000000")).toMatchObject({ status: 401, body: { code: "invalid_credentials" } });
  const { body } = await logIn("ada", codeOf(secret));
  const sessions = (await call(body.access_token, "GET /users/me/sessions")).body.sessions;
  expect(sessions[0].methods.sort()).toEqual(["otp", "pwd"]);
  const rows = await app.db`SELECT t::text AS row FROM identity.totp t`;
  expect(JSON.stringify(rows)).not.toContain(secret);
});

test("V6.5.1 a code is good once, even for two at once, and so is a backup code", async () => {
  const { secret, backupCodes } = await signUpWithApp("bob");
  const code = codeOf(secret);
  const answers = await Promise.all([logIn("bob", code), logIn("bob", code), logIn("bob", code)]);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(new Set(backupCodes).size).toBe(10);
  const [backup = ""] = backupCodes;
  expect((await logIn("bob", backup)).status).toBe(200);
  expect((await logIn("bob", backup)).status).toBe(401);
});

test("V6.5.5 a code of two steps ago or ahead is refused", async () => {
  const { secret } = await signUpWithApp("carol");
  expect((await logIn("carol", codeOf(secret, -3))).status).toBe(401);
  expect((await logIn("carol", codeOf(secret, 3))).status).toBe(401);
});

test("V6.3.1 codes cannot be guessed: neither the right password nor another name restores their budget, and a known device has its own", async () => {
  const { secret, device_token } = await signUpWithApp("dave");
  const guessed = [];
  const passwords = new Set();
  for (let index = 0; index < 8; index += 1) {
    const login = index % 2 === 0 ? "dave" : "dave@example.com";
    guessed.push((await logIn(login, `00000${index}`)).body.code);
    passwords.add((await logIn(login)).body.code);
  }
  expect(guessed.at(-1)).toBe("login_throttled");
  expect([...passwords]).toEqual(["second_factor_required"]);
  const body = { username: "dave", password: PASSWORD, code: codeOf(secret), device_token };
  expect((await app.call("POST", "/auth/login", { body })).status).toBe(200);
});

test("V6.3.1 nor at step-up: the right password, given to change it, restores nothing of the codes' budget", async () => {
  const { token } = await signUpWithApp("gus");
  const codes = [];
  for (let index = 0; index < 9; index += 1) {
    const proof = { password: PASSWORD, code: `00000${index}` };
    codes.push((await call(token, "POST /auth/step-up", proof)).body.code);
    if (index % 3 < 2) continue;
    const change = { current_password: PASSWORD, new_password: "gus12345" };
    expect((await call(token, "POST /auth/password/change", change)).body.code).toBe("password_refused");
  }
  expect(codes[0]).toBe("wrong_code");
  expect(codes.at(-1)).toBe("login_throttled");
});

test("V7.5.1 changing address or factors needs a fresh proof, which a session gets with password and code", async () => {
  const { token, secret } = await signUpWithApp("erin");
  const { body } = await logIn("erin", codeOf(secret));
  await app.db`UPDATE identity.sessions SET confirmed_at = now() - interval '11 minutes'`;
  const stale = (await app.call("POST", "/auth/refresh", { body: { refresh_token: body.refresh_token } }))
    .body;
  const changes: [string, string, unknown][] = [
    ["PATCH", "/users/me", { email: "erin@elsewhere.example" }],
    ["DELETE", "/users/me/factors/totp", undefined],
    ["POST", "/users/me/factors/backup-codes", undefined],
  ];
  for (const [method, path, change] of changes)
    expect(await call(stale.access_token, `${method} ${path}`, change)).toMatchObject({
      status: 403,
      body: { code: "step_up_required" },
    });
  const stepUp = (proof: object) => call(stale.access_token, "POST /auth/step-up", proof);
  expect(await stepUp({ password: "wrong" })).toMatchObject({
    status: 422,
    body: { code: "wrong_password" },
  });
  expect(await stepUp({ password: PASSWORD })).toMatchObject({ status: 422, body: { code: "wrong_code" } });
  const fresh = (await stepUp({ password: PASSWORD, code: codeOf(secret, 1) })).body.access_token;
  for (const [method, path, change] of changes.toReversed())
    expect((await call(fresh, `${method} ${path}`, change)).status, path).toBeLessThan(300);
  expect((await logIn("erin")).status).toBe(200);
  expect(token).toBeTypeOf("string");
});

test("V6.4.4 V6.5.6 an administrator removes lost factors with a reason and a fresh proof; the user is told and signed out", async () => {
  const { token, backupCodes } = await signUpWithApp("frank");
  const minted = await app.token("admin");
  const idOf = async (name: string) =>
    (await call(minted, `GET /admin/users?username=${name}`)).body.items[0].id as string;
  const frank = await idOf("frank");
  const body = { username: "root", email: "root@example.com", password: PASSWORD };
  await app.call("POST", "/auth/register", { body });
  const root = await idOf("root");
  await call(minted, `PATCH /admin/users/${root}`, { roles: ["admin"] });
  const { refresh_token } = (await logIn("root")).body;
  await app.db`UPDATE identity.sessions SET confirmed_at = now() - interval '11 minutes' WHERE user_id = ${root}`;
  const stale = (await app.call("POST", "/auth/refresh", { body: { refresh_token } })).body.access_token;

  const reason = "Ticket 4712: phone lost; showed their passport";
  const reset = (by: string, wish: unknown, id = frank) =>
    call(by, `POST /admin/users/${id}/factors/reset`, wish);
  expect(await reset(stale, { reason })).toMatchObject({ status: 403, body: { code: "step_up_required" } });
  const fresh = (await call(stale, "POST /auth/step-up", { password: PASSWORD })).body.access_token;
  expect(await reset(fresh, {})).toMatchObject({ status: 400, body: { errors: [{ field: "reason" }] } });
  expect((await reset(fresh, { reason }, crypto.randomUUID())).body.code).toBe("no_such_user");
  expect((await logIn("frank")).body.code).toBe("second_factor_required");
  expect(await reset(fresh, { reason })).toMatchObject({ status: 200, body: { totp: true, passkeys: 0 } });
  expect((await call(token, "GET /users/me")).status).toBe(401);
  const { access_token } = (await logIn("frank")).body;
  expect((await call(access_token, "GET /users/me/factors")).body).toMatchObject({
    totp: false,
    backup_codes_left: 0,
  });
  expect(
    (await call(access_token, "POST /auth/step-up", { password: PASSWORD, code: backupCodes[0] })).status,
  ).toBe(200);
  expect((await reset(fresh, { reason })).body.code).toBe("no_such_factor");
  expect(await readTrail(app.db)).toContainEqual(
    expect.objectContaining({
      event: "authz_admin",
      actor_id: root,
      resource: { type: "user", id: frank },
      details: { factors_removed: { totp: true, passkeys: 0, reason } },
    }),
  );
  const told = async () =>
    (await app.call("GET", "/dev/mailbox")).body.mails.filter(
      (mail: { to: string; subject: string }) =>
        mail.to === "frank@example.com" && mail.subject.includes("factors of your account were removed"),
    ).length;
  await expect.poll(told, { timeout: 15_000 }).toBe(1);
});
