// E-mail addresses wherever they come in: what is one mailbox is one account, and what is no address is refused.
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";

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
