// Passkeys: registered, used as second factor, alone and for a step-up, removed; and everything that a stolen, foreign,
// replayed or copied one must not open. Numbers are requirements of OWASP ASVS 5.0.
import { generateSync } from "otplib";
import { describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";
import { type Ceremony, type Credential, createCredential, signChallenge } from "../../authenticator.ts";
import { shareInFile } from "../../share-in-file.ts";
import { readTrail } from "../../trail.ts";

const app = await shareInFile(startTestApp());

const PASSWORD = "correct horse battery staple";
const call: TestApp["send"] = (...sent) => app.send(...sent);
const logIn = (username: string, proof: object = {}) =>
  app.call("POST", "/auth/login", { body: { username, password: PASSWORD, ...proof } });

interface Person {
  readonly id: string;
  readonly token: string;
}

async function signUp(username: string): Promise<Person> {
  const body = { username, email: `${username}@example.com`, password: PASSWORD };
  const { id } = (await app.call("POST", "/auth/register", { body })).body;
  return { id, token: (await logIn(username)).body.access_token };
}

async function begin({ token }: Person) {
  return (await call(token, "POST /users/me/passkeys/options")).body;
}

async function register(person: Person, change: Partial<Ceremony> = {}) {
  const { key, credential } = createCredential(await begin(person), change);
  const answer = await call(person.token, "POST /users/me/passkeys", { name: "Phone", credential });
  return { key, answer };
}

async function signUpWithPasskey(username: string) {
  const person = await signUp(username);
  const { key, answer } = await register(person);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return { ...person, key, passkey: answer.body as { id: string; backup_codes: string[] } };
}

const askToSignIn = async () => (await app.call("POST", "/auth/passkey/options")).body;
const signIn = (passkey: object) => app.call("POST", "/auth/passkey/login", { body: { passkey } });
const signInBy = async (key: Credential, change: Parameters<typeof signChallenge>[2] = {}) =>
  signIn(signChallenge(key, await askToSignIn(), change));
const refusedBecause = (words: RegExp, status = 401, code = "invalid_passkey") => ({
  status,
  body: { code, detail: expect.stringMatching(words) },
});

describe("a passkey", () => {
  test("signs in alone, without a name, and is listed with its name and last use", async () => {
    const { token, key, passkey } = await signUpWithPasskey("ada");
    const factors = (await call(token, "GET /users/me/factors")).body;
    expect(factors).toMatchObject({ totp: false, backup_codes_left: 10 });
    expect(factors.passkeys).toEqual([
      expect.objectContaining({
        id: passkey.id,
        name: "Phone",
        synced: false,
        suspended: false,
        last_used_at: null,
      }),
    ]);
    const signedIn = await signInBy(key);
    expect(signedIn).toMatchObject({ status: 200, body: { token_type: "Bearer", device_token: /^chd_/ } });
    const { sessions } = (await call(signedIn.body.access_token, "GET /users/me/sessions")).body;
    expect(sessions[0].methods).toEqual(["hwk", "mfa"]);
    const { passkeys } = (await call(token, "GET /users/me/passkeys")).body;
    expect(passkeys[0].last_used_at).toMatch(/^20/);
  });

  test("V6.3.3 is asked for after the password, and is the second factor there", async () => {
    const { key, passkey } = await signUpWithPasskey("bob");
    const asked = await logIn("bob");
    expect(asked).toMatchObject({ status: 401, body: { code: "second_factor_required" } });
    const { passkey_options: options } = asked.body;
    expect(options).toMatchObject({ rpId: "localhost", userVerification: "required" });
    expect(options.allowCredentials).toMatchObject([{ id: key.id.toString("base64url") }]);
    const signedIn = await logIn("bob", { passkey: signChallenge(key, options) });
    expect(signedIn.status).toBe(200);
    const { sessions } = (await call(signedIn.body.access_token, "GET /users/me/sessions")).body;
    expect(sessions[0].methods).toEqual(["pwd", "hwk", "mfa"]);
    expect((await logIn("bob", { code: passkey.backup_codes[0] })).status).toBe(200);
    expect((await logIn("bob", { code: passkey.backup_codes[0] })).status).toBe(401);
  });

  test("V7.5.1 proves who one is again; the password alone does not where there is a passkey", async () => {
    const { token, key } = await signUpWithPasskey("carol");
    const { body } = await signInBy(key);
    await app.db`UPDATE identity.sessions SET confirmed_at = now() - interval '11 minutes'`;
    const refresh = { body: { refresh_token: body.refresh_token } };
    const stale = (await app.call("POST", "/auth/refresh", refresh)).body.access_token;
    for (const request of [
      "POST /users/me/passkeys/options",
      "DELETE /users/me/passkeys/00000000-0000-4000-8000-000000000000",
    ])
      expect(await call(stale, request)).toMatchObject({ status: 403, body: { code: "step_up_required" } });
    expect(await call(stale, "POST /auth/step-up", { password: PASSWORD })).toMatchObject({
      status: 422,
      body: { code: "wrong_code" },
    });
    const options = (await call(stale, "POST /auth/step-up/options")).body;
    const proven = await call(stale, "POST /auth/step-up", { passkey: signChallenge(key, options) });
    expect(proven.status).toBe(200);
    expect((await call(proven.body.access_token, "POST /users/me/passkeys/options")).status).toBe(200);
    expect(token).toBeTypeOf("string");
  });

  test("is removed for good, and with the last factor the backup codes", async () => {
    const { token, key, passkey } = await signUpWithPasskey("dave");
    const { secret } = (await call(token, "POST /users/me/factors/totp")).body;
    const code = generateSync({ secret, epoch: Math.floor(Date.now() / 1_000) });
    // Begun, not confirmed: such an app is no factor.
    expect((await logIn("dave", { code })).status).toBe(401);
    expect((await call(token, `DELETE /users/me/passkeys/${passkey.id}`)).status).toBe(200);
    expect((await call(token, `DELETE /users/me/passkeys/${passkey.id}`)).status).toBe(404);
    expect(await signInBy(key)).toMatchObject(refusedBecause(/not known/));
    expect((await call(token, "GET /users/me/factors")).body).toEqual({
      totp: false,
      passkeys: [],
      backup_codes_left: 0,
    });
    expect((await logIn("dave")).status).toBe(200);
  });

  test("of another is neither shown nor removed, and nobody registers one twice", async () => {
    const { passkey } = await signUpWithPasskey("erin");
    const mallory = await signUp("mallory-lists");
    expect((await call(mallory.token, `DELETE /users/me/passkeys/${passkey.id}`)).status).toBe(404);
    expect((await call(mallory.token, "GET /users/me/passkeys")).body).toEqual({ passkeys: [] });
    const first = createCredential(await begin(mallory));
    const add = (credential: object) =>
      call(mallory.token, "POST /users/me/passkeys", { name: "x", credential });
    expect((await add(first.credential)).status).toBe(201);
    expect(await add(first.credential)).toMatchObject({
      status: 400,
      body: { code: "passkey_not_accepted" },
    });
    const again = createCredential(await begin(mallory), {});
    await app.db`UPDATE identity.passkeys SET credential_id = ${again.key.id} WHERE user_id = ${mallory.id}`;
    expect(await add(again.credential)).toMatchObject({ status: 409, body: { code: "passkey_exists" } });
  });
});

describe("registering", () => {
  test.each([
    ["another origin", { origin: "http://localhost.evil.example" }, /another site/],
    ["another relying party", { rpId: "evil.example" }, /another relying party/],
    ["an invented challenge", { challenge: "AAAA" }, /challenge/],
    ["no user verification", { userVerified: false }, /did not ask who holds it/],
  ])("is refused with %s", async (_, change, words) => {
    const person = await signUp(`frank-${words.source.replaceAll(/\W+/g, "-")}1`);
    const { answer } = await register(person, change);
    expect(answer).toMatchObject(refusedBecause(words, 400, "passkey_not_accepted"));
    expect(answer.body.errors).toMatchObject([{ field: "credential" }]);
    expect((await call(person.token, "GET /users/me/passkeys")).body.passkeys).toEqual([]);
  });

  test("is bound to the session that asked: another session's challenge, and another user's, are refused and used up", async () => {
    const owner = await signUp("grace");
    const elsewhere = { ...owner, token: (await logIn("grace")).body.access_token };
    const thief = await signUp("grace-thief");
    for (const other of [elsewhere, thief]) {
      const { credential } = createCredential(await begin(owner));
      const add = (who: Person) => call(who.token, "POST /users/me/passkeys", { name: "x", credential });
      expect(await add(other)).toMatchObject(refusedBecause(/challenge/, 400, "passkey_not_accepted"));
      expect((await add(owner)).status).toBe(400);
    }
  });

  test("is refused after five minutes, and beyond twenty", async () => {
    const person = await signUp("heidi");
    const options = await begin(person);
    await app.db`UPDATE identity.challenges SET expires_at = now() WHERE user_id = ${person.id}`;
    const { credential } = createCredential(options);
    const late = await call(person.token, "POST /users/me/passkeys", { name: "late", credential });
    expect(late).toMatchObject(refusedBecause(/expired/, 400, "passkey_not_accepted"));
    await app.db`
      INSERT INTO identity.passkeys (id, user_id, credential_id, public_key, counter, synced, transports, name, created_at)
      SELECT gen_random_uuid(), ${person.id}, decode(md5(n::text), 'hex'), '', 0, false, '{}', n::text, now()
      FROM generate_series(1, 20) n`;
    expect(await call(person.token, "POST /users/me/passkeys/options")).toMatchObject({
      status: 422,
      body: { code: "too_many_passkeys" },
    });
  });
});

describe("signing in by a passkey", () => {
  test.each([
    ["another origin, as a phishing page would", { origin: "https://localhost:8000" }, /another site/],
    ["another relying party", { rpId: "evil.example" }, /another relying party/],
    ["a challenge of somebody's own", { challenge: "c29tZXRoaW5n" }, /challenge/],
    ["a device that asked nobody", { userVerified: false }, /did not ask who holds it/],
  ])("is refused with %s, and on the trail", async (_, change, words) => {
    const { id, key } = await signUpWithPasskey(`ivan-${words.source.replaceAll(/\W+/g, "-")}1`);
    expect(await signInBy(key, change)).toMatchObject(refusedBecause(words));
    expect(await readTrail(app.db)).toContainEqual(
      expect.objectContaining({
        event: "authn_login_fail",
        resource: { type: "user", id },
        code: "invalid_passkey",
        details: { reason: expect.stringMatching(words) },
      }),
    );
    expect((await signInBy(key)).status).toBe(200);
  });

  test("is good once: a replayed answer is refused, and of two at once one", async () => {
    const { key } = await signUpWithPasskey("judy");
    const assertion = signChallenge(key, await askToSignIn());
    const answers = await Promise.all([signIn(assertion), signIn(assertion), signIn(assertion)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await signIn(assertion)).toMatchObject(refusedBecause(/challenge/));
  });

  test("a challenge is used up by a refused answer too, and one for a second factor signs nobody in", async () => {
    const { key } = await signUpWithPasskey("kim");
    const options = await askToSignIn();
    expect((await signIn(signChallenge(key, options, { userVerified: false }))).status).toBe(401);
    expect(await signIn(signChallenge(key, options))).toMatchObject(refusedBecause(/challenge/));
    const { passkey_options: second } = (await logIn("kim")).body;
    expect(await signIn(signChallenge(key, second))).toMatchObject(refusedBecause(/challenge/));
  });

  test("a wrong signature, another's key or handle, and a key nobody registered are refused", async () => {
    const owner = await signUpWithPasskey("leo");
    const thief = await signUpWithPasskey("leo-thief");
    const forged = { ...thief.key, id: owner.key.id, userHandle: owner.key.userHandle };
    expect(await signInBy(forged)).toMatchObject(refusedBecause(/signature/));
    expect(await signInBy({ ...owner.key, userHandle: thief.key.userHandle })).toMatchObject(
      refusedBecause(/not known/),
    );
    const { passkey_options: options } = (await logIn("leo")).body;
    const foreign = await logIn("leo", { passkey: signChallenge(thief.key, options) });
    expect(foreign).toMatchObject(refusedBecause(/another user's/));
    const unknown = createCredential({ ...(await begin(owner)), challenge: "AA" }).key;
    expect(await signInBy(unknown)).toMatchObject(refusedBecause(/not known/));
    expect((await signInBy(owner.key)).status).toBe(200);
  });

  test("a count that goes back suspends the passkey, on the trail and told by mail; it still counts as a factor", async () => {
    const { id, token, key, passkey } = await signUpWithPasskey("mia");
    expect((await signInBy(key, { counter: 7 })).status).toBe(200);
    expect(await signInBy(key, { counter: 7 })).toMatchObject(refusedBecause(/went back/));
    expect(await signInBy(key, { counter: 8 })).toMatchObject(refusedBecause(/suspended/));
    expect(await readTrail(app.db)).toContainEqual(
      expect.objectContaining({
        event: "user_updated",
        resource: { type: "user", id },
        details: {
          change: "passkey suspended: its counter went back",
          passkey: passkey.id,
          counter_known: 7,
          counter_shown: 7,
        },
      }),
    );
    expect((await call(token, "GET /users/me/passkeys")).body.passkeys).toMatchObject([{ suspended: true }]);
    expect(await logIn("mia")).toMatchObject({ status: 401, body: { code: "second_factor_required" } });
    const mails = async () =>
      (await app.call("GET", "/dev/mailbox")).body.mails.map((mail: { subject: string }) => mail.subject);
    await expect.poll(mails, { timeout: 10_000 }).toContain("A passkey of your account was suspended");
  });

  test("a forged answer with an old count suspends nothing", async () => {
    const owner = await signUpWithPasskey("nina");
    expect((await signInBy(owner.key, { counter: 9 })).status).toBe(200);
    const { key } = createCredential(await begin(owner));
    const forged = { ...key, id: owner.key.id, userHandle: owner.key.userHandle };
    expect(await signInBy(forged, { counter: 1 })).toMatchObject(refusedBecause(/signature/));
    expect((await signInBy(owner.key, { counter: 10 })).status).toBe(200);
  });

  test("a disabled user's passkey opens nothing", async () => {
    const { id, key } = await signUpWithPasskey("oscar");
    await app.db`UPDATE identity.users SET state = 'disabled' WHERE id = ${id}`;
    expect(await signInBy(key)).toMatchObject(refusedBecause(/may not sign in/));
  });
});

describe("the relying party", () => {
  test("and the origins are the configuration's; one that no browser would take stops the start", async () => {
    const start = (changes: Record<string, string>) => startTestApp({ DB_URL: app.databaseUrl, ...changes });
    const shop = await start({
      WEBAUTHN_RP_ID: "example.com",
      WEBAUTHN_ORIGINS: "https://shop.example.com, https://example.com",
    });
    expect((await shop.call("POST", "/auth/passkey/options")).body).toMatchObject({ rpId: "example.com" });
    await shop.stop();
    const origins = { WEBAUTHN_RP_ID: "example.com", WEBAUTHN_ORIGINS: "https://badexample.com" };
    await expect(start(origins)).rejects.toThrow(/WEBAUTHN_RP_ID/);
    await expect(
      start({ WEBAUTHN_ORIGINS: "http://shop.example.com/", WEBAUTHN_RP_ID: "example.com" }),
    ).rejects.toThrow(/WEBAUTHN_ORIGINS/);
  });
});
