// Changing the e-mail address: the new one counts once it is confirmed, and the old one can take it back for a week.
import { expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";
import { shareInFile } from "../../share-in-file.ts";
import { awaitLink, readMails } from "./mailbox.ts";

const app = await shareInFile(startTestApp());

const PASSWORD = "correct horse battery staple";
const NEXT = "another horse, another staple";
const call: TestApp["send"] = (...sent) => app.send(...sent);
const register = (username: string, email: string) =>
  call(undefined, "POST /auth/register", { username, email, password: PASSWORD });
const logIn = (username: string, password = PASSWORD) =>
  call(undefined, "POST /auth/login", { username, password });
const me = async (token: string) => (await call(token, "GET /users/me")).body;
const verify = (token: string, proof: { password?: string } = {}) =>
  call(undefined, "POST /auth/email/verify", { token, ...proof });
const undo = (token: string) => call(undefined, "POST /auth/email/undo", { token });
const invalidLink = { status: 400, body: { code: "invalid_link" } };

/** Somebody whose address is confirmed, signed in. */
async function signUp(name: string): Promise<string> {
  await register(name, `${name}@old.example`);
  await verify(await awaitLink(app, `${name}@old.example`, "email/verify"), { password: PASSWORD });
  return (await logIn(name)).body.access_token;
}

/** Asks for `name@new.example`; the links that confirm it and that take it back. */
async function askForChange(token: string, name: string, ...known: readonly string[]) {
  const answer = await call(token, "PATCH /users/me", { email: `${name}@new.example` });
  expect(answer).toMatchObject({
    status: 200,
    body: { email: `${name}@old.example`, email_verified: true, pending_email: `${name}@new.example` },
  });
  return {
    confirm: await awaitLink(app, `${name}@new.example`, { path: "email/verify", known }),
    undo: await awaitLink(app, `${name}@old.example`, { path: "email/undo", known }),
  };
}

test("F6-20 until the new address is confirmed, the old one signs in and gets the resets", async () => {
  const token = await signUp("ada");
  const links = await askForChange(token, "ada");
  expect((await logIn("ada@new.example")).status).toBe(401);
  expect((await logIn("ada@old.example")).status).toBe(200);
  await call(undefined, "POST /auth/password/forgot", { username: "ada@new.example" });
  await call(undefined, "POST /auth/password/forgot", { username: "ada@old.example" });
  expect(await awaitLink(app, "ada@old.example", "password/reset")).toMatch(/^[\w-]{43}$/);
  expect((await readMails(app, "ada@new.example")).map(({ subject }) => subject)).toEqual([
    "Confirm your new e-mail address",
  ]);
  expect((await verify(links.confirm)).status).toBe(200);
  expect(await me(token)).toMatchObject({
    email: "ada@new.example",
    email_verified: true,
    pending_email: null,
  });
  expect((await logIn("ada@old.example")).status).toBe(401);
  expect((await logIn("ada@new.example")).status).toBe(200);
  expect(await verify(links.confirm)).toMatchObject(invalidLink);
});

test("F6-20 the old address takes the change back before and, for seven days, after it is confirmed; everybody is signed out", async () => {
  const token = await signUp("bob");
  const early = await askForChange(token, "bob");
  const page = await fetch(`${app.url}/api/v1/auth/email/undo?token=${early.undo}`);
  expect(await page.text()).toContain(`value="${early.undo}"`);
  expect((await me(token)).pending_email).toBe("bob@new.example");
  expect((await undo(early.undo)).status).toBe(200);
  expect((await call(token, "GET /users/me")).status).toBe(401);
  expect(await verify(early.confirm)).toMatchObject(invalidLink);

  const again = (await logIn("bob@old.example")).body.access_token;
  const late = await askForChange(again, "bob", early.confirm, early.undo);
  await verify(late.confirm);
  expect((await undo(late.undo)).status).toBe(200);
  expect((await call(again, "GET /users/me")).status).toBe(401);
  expect((await logIn("bob@new.example")).status).toBe(401);
  const restored = (await logIn("bob@old.example")).body.access_token;
  expect(await me(restored)).toMatchObject({ email: "bob@old.example", email_verified: true });
  expect(await undo(late.undo)).toMatchObject(invalidLink);
});

test("F6-20 the mail of the confirmation takes it back too; a week later nothing does, and the address is free again", async () => {
  const token = await signUp("cleo");
  const { confirm, undo: first } = await askForChange(token, "cleo");
  await verify(confirm);
  const changed = "The e-mail address of your account was changed";
  const told = async () =>
    (await readMails(app, "cleo@old.example")).some(({ subject }) => subject === changed);
  await expect.poll(told, { timeout: 15_000 }).toBe(true);
  const second = await awaitLink(app, "cleo@old.example", { path: "email/undo", known: [first] });
  expect(await register("taker", "cleo@old.example")).toMatchObject({
    status: 409,
    body: { code: "email_taken" },
  });
  await app.db`UPDATE identity.email_changes SET confirmed_at = confirmed_at - interval '7 days 1 minute'`;
  for (const link of [first, second]) expect(await undo(link)).toMatchObject(invalidLink);
  expect((await register("taker", "cleo@old.example")).status).toBe(201);
  expect((await me(token)).email).toBe("cleo@new.example");
});

test("F6-20 taking it back undoes whatever who asked for it did then: later changes, keys, another password", async () => {
  const token = await signUp("dora");
  const own = await call(token, "POST /users/me/api-keys", { name: "own", scopes: ["accounts:read"] });
  const { confirm, undo: link } = await askForChange(token, "dora");
  await verify(confirm);
  const theirs = await call(token, "POST /users/me/api-keys", { name: "theirs", scopes: ["accounts:read"] });
  await call(token, "PATCH /users/me", { email: "dora@third.example" });
  await verify(await awaitLink(app, "dora@third.example", "email/verify"));
  await call(undefined, "POST /auth/password/forgot", { username: "dora" });
  const reset = await awaitLink(app, "dora@third.example", "password/reset");
  await call(undefined, "POST /auth/password/reset", { token: reset, new_password: NEXT });
  expect((await logIn("dora", NEXT)).status).toBe(200);
  const later = await awaitLink(app, "dora@new.example", "email/undo");

  expect((await undo(link)).status).toBe(200);
  expect(await undo(later)).toMatchObject(invalidLink);
  expect((await logIn("dora", NEXT)).status).toBe(401);
  expect((await call(theirs.body.key, "GET /accounts")).status).toBe(401);
  expect((await call(own.body.key, "GET /accounts")).status).toBe(200);
  await call(undefined, "POST /auth/password/forgot", { username: "dora@old.example" });
  const back = await awaitLink(app, "dora@old.example", "password/reset");
  await call(undefined, "POST /auth/password/reset", { token: back, new_password: PASSWORD });
  expect(await me((await logIn("dora@old.example")).body.access_token)).toMatchObject({
    email: "dora@old.example",
  });
});

test("F6-20 another wish replaces the one before, whose undoing still works; the old address again withdraws it", async () => {
  const token = await signUp("emil");
  const first = await askForChange(token, "emil");
  await call(token, "PATCH /users/me", { email: "emil@other.example" });
  expect(await verify(first.confirm)).toMatchObject(invalidLink);
  const second = await awaitLink(app, "emil@other.example", "email/verify");
  const withdrawn = await call(token, "PATCH /users/me", { email: "Emil@OLD.example" });
  expect(withdrawn.body).toMatchObject({
    email: "Emil@old.example",
    email_verified: true,
    pending_email: null,
  });
  expect(await verify(second)).toMatchObject(invalidLink);
  await call(token, "PATCH /users/me", { email: "emil@third.example" });
  await verify(await awaitLink(app, "emil@third.example", "email/verify"));
  expect((await undo(first.undo)).status).toBe(200);
  expect((await logIn("emil@old.example")).status).toBe(200);
});

test("F6-20 of two who want one address, who confirms it first gets it, and a reset of the password withdraws a wish", async () => {
  const [fritz, greta] = [await signUp("fritz"), await signUp("greta")];
  const wish = (token: string, email: string) => call(token, "PATCH /users/me", { email });
  await wish(fritz, "shared@new.example");
  const byFritz = await awaitLink(app, "shared@new.example", "email/verify");
  await wish(greta, "shared@new.example");
  const byGreta = await awaitLink(app, "shared@new.example", { path: "email/verify", known: [byFritz] });
  const answers = [await verify(byGreta), await verify(byFritz)];
  expect(answers).toMatchObject([{ status: 200 }, { status: 409, body: { code: "email_taken" } }]);

  await wish(fritz, "fritz@new.example");
  const link = await awaitLink(app, "fritz@new.example", "email/verify");
  await call(undefined, "POST /auth/password/forgot", { username: "fritz" });
  const reset = await awaitLink(app, "fritz@old.example", "password/reset");
  await call(undefined, "POST /auth/password/reset", { token: reset, new_password: NEXT });
  expect(await verify(link)).toMatchObject(invalidLink);
});

test("F6-20 addresses of a change lie encrypted, and its links nowhere", async () => {
  const links = await askForChange(await signUp("hans"), "hans");
  const rows =
    await app.db`SELECT c::text AS row FROM identity.email_changes c UNION ALL SELECT t::text FROM identity.link_tokens t`;
  expect(JSON.stringify(rows)).not.toMatch(/hans@|example/);
  for (const link of [links.confirm, links.undo]) expect(JSON.stringify(rows)).not.toContain(link);
});
