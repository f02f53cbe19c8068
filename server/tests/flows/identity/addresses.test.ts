// E-mail addresses wherever they come in: what is one mailbox is one account, and what is no address is refused.
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";
import { awaitLink } from "./mailbox.ts";

let app: TestApp;
let admin: string;
beforeAll(async () => {
  app = await startTestApp();
  await register("root", "root@example.com"); // becomes administrator
  admin = await logIn("root");
});
afterAll(() => app?.stop());

const PASSWORD = "correct horse battery staple";
const register = (username: string, email: string) =>
  app.call("POST", "/api/v1/auth/register", { body: { username, email, password: PASSWORD } });
const logIn = async (username: string): Promise<string> =>
  (await app.call("POST", "/auth/login", { body: { username, password: PASSWORD } })).body.access_token;

const NO_ADDRESSES = [
  "nora@example.com,root",
  "nora@example.com;root@example.com",
  "nora@example.com>",
  "<x@example.com",
  '"x@example.com',
  '"nora"@example.com',
  "nora(home)@example.com",
  "nora@example.com\r\nBcc: root@example.com",
  "nora\u0000@example.com",
  "no\u200dra@example.com",
  "nora\ud800@example.com",
  "nora@ex\u0430mple.com",
  "nora@[127.0.0.1]",
];

test("F6-21 what is no address of one mailbox is 400 wherever an address comes in", async () => {
  const token = await app.token("customer", "cora");
  const isRefused = { status: 400, body: { code: "invalid_request" } };
  for (const email of NO_ADDRESSES) {
    const user = { username: "nora", email };
    expect(await register("nora", email), email).toMatchObject(isRefused);
    const created = { ...user, roles: ["customer"] };
    const send = (method: string, path: string, body: unknown) =>
      app.call(method, path, { token: admin, body });
    expect(await send("POST", "/admin/users", created), email).toMatchObject(isRefused);
    expect(await send("PATCH", "/users/me", { email }), email).toMatchObject(isRefused);
    expect(await send("POST", "/risk/blocked", { kind: "email", value: email }), email).toMatchObject(
      isRefused,
    );
    const order = { items: [{ product_id: 1, quantity: 1 }], payment_method: "invoice" };
    for (const field of ["shipping_address", "billing_address"]) {
      const body = { ...order, [field]: { email } };
      expect(await app.call("POST", "/orders", { token, body }), email).toMatchObject(isRefused);
    }
    const query = new URLSearchParams({ email: email.toWellFormed() });
    expect(await app.call("GET", `/admin/users?${query}`, { token: admin }), email).toMatchObject(isRefused);
  }
  const [row] = await app.db`SELECT count(*)::int AS users FROM identity.users`;
  expect(row).toEqual({ users: 1 });
});

test("F6-21 one mailbox is one account, however its name and its domain are spelled", async () => {
  expect((await register("berta", "Berta@B\u00fccher.example")).body).toMatchObject({
    email: "Berta@xn--bcher-kva.example",
  });
  for (const email of [
    "berta@b\u00fccher.example",
    "berta@BU\u0308CHER.example",
    "BERTA@XN--BCHER-KVA.EXAMPLE",
    "\uff42erta\uff20b\u00fccher\u3002example",
  ]) {
    expect(await register("other", email), email).toMatchObject({
      status: 409,
      body: { code: "email_taken" },
    });
    expect(await logIn(email), email).toBeTypeOf("string");
    const found = await app.call("GET", `/admin/users?email=${encodeURIComponent(email)}`, { token: admin });
    expect(found.body.items, email).toMatchObject([{ username: "berta" }]);
  }
});

test("F6-21 a tag makes no other mailbox: one account, one sign-in, one entry of the blocked", async () => {
  const registered = await register("gerda", "Gerda.K+shop@example.com");
  expect(registered).toMatchObject({ status: 201, body: { email: "Gerda.K+shop@example.com" } });
  for (const email of ["gerda.k@example.com", "GERDA.K+other@example.com", "gerda.k+@example.com"]) {
    expect(await register("gerda2", email)).toMatchObject({ status: 409, body: { code: "email_taken" } });
    const created = { username: "gerda2", email, roles: ["customer"] };
    expect(await app.call("POST", "/admin/users", { token: admin, body: created })).toMatchObject({
      status: 409,
    });
    expect(await logIn(email)).toBeTypeOf("string");
    const block = { kind: "email", value: email };
    const { status } = await app.call("POST", "/risk/blocked", { token: admin, body: block });
    expect(status).toBe(email === "gerda.k@example.com" ? 201 : 409);
  }
  expect((await register("gerda3", "gerdak@example.com")).status).toBe(201);
  expect((await register("hanna", "han.na@gmail.com")).status).toBe(201);
  expect(await register("hanna2", "Hanna+x@googlemail.com")).toMatchObject({ status: 409 });
});

test("F6-21 another tag is asked for and confirmed like any other address, for a domain may give it to somebody else", async () => {
  await register("ida", "ida@example.com");
  const confirm = async (email: string) => {
    const token = await awaitLink(app, email, "email/verify");
    return app.call("POST", "/auth/email/verify", { body: { token, password: PASSWORD } });
  };
  expect((await confirm("ida@example.com")).status).toBe(200);
  const token = await logIn("ida");
  const change = (email: string) => app.call("PATCH", "/users/me", { token, body: { email } });
  expect(await change("ida+new@example.com")).toMatchObject({
    status: 200,
    body: { email: "ida@example.com", pending_email: "ida+new@example.com" },
  });
  expect((await confirm("ida+new@example.com")).status).toBe(200);
  const me = async () => (await app.call("GET", "/users/me", { token: await logIn("ida@example.com") })).body;
  expect(await me()).toMatchObject({ email: "ida+new@example.com", pending_email: null });
  const undo = { token: await awaitLink(app, "ida@example.com", "email/undo") };
  expect((await app.call("POST", "/auth/email/undo", { body: undo })).status).toBe(200);
  expect(await me()).toMatchObject({ email: "ida@example.com" });
  const body = { email: "IDA@example.com" };
  const cased = await app.call("PATCH", "/users/me", { token: await logIn("ida"), body });
  expect(cased.body).toMatchObject({ email: "IDA@example.com", pending_email: null });
});

test("a name with half a pair of surrogates is nobody's", async () => {
  for (const path of ["/auth/login", "/auth/password/forgot"]) {
    const body = { username: "nora\ud800", ...(path === "/auth/login" ? { password: PASSWORD } : {}) };
    expect((await app.call("POST", path, { body })).status).toBeLessThan(500);
  }
});

test("F6-21 five mails an hour go to a mailbox, whichever of its spellings asks; an order keeps its address in one form", async () => {
  await register("frida", "frida@b\u00fccher.example");
  const spellings = [
    "frida@b\u00fccher.example",
    "FRIDA@xn--bcher-kva.example",
    "frida",
    "Frida@B\u00dcCHER.example",
    "frida+sale@b\u00fccher.example",
    "frida+sale2@b\u00fccher.example",
  ];
  for (const username of [...spellings, ...spellings])
    expect((await app.call("POST", "/auth/password/forgot", { body: { username } })).status).toBe(202);
  const resets = async () =>
    (await app.call("GET", "/dev/mailbox")).body.mails.filter(
      (mail: { to: string; subject: string }) =>
        mail.to === "frida@xn--bcher-kva.example" && mail.subject === "Set a new password",
    ).length;
  const waiting = async () => (await app.db`SELECT FROM identity.mails`).length;
  await expect.poll(waiting, { timeout: 10_000 }).toBe(0);
  expect(await resets()).toBe(5);
  const blocked = { kind: "email", value: "Mallory@B\u00dcCHER.example" };
  const entry = await app.call("POST", "/risk/blocked", { token: admin, body: blocked });
  expect(entry.body).toMatchObject({ value: "mallory@xn--bcher-kva.example" });
});
