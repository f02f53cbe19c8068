// Changing, forgetting and setting passwords, and confirming addresses, with mails that leave over a real SMTP server.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";
import { type ServerProcess, startServer } from "../../servers/start-server.ts";

let smtp: ServerProcess;
let app: TestApp;
beforeAll(async () => {
  smtp = await startServer("smtp");
  app = await startTestApp({
    SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
    PUBLIC_URL: "https://shop.example/",
  });
});
afterAll(async () => {
  await app?.stop();
  await smtp?.stop();
});

const PASSWORD = "correct horse battery staple";
const NEXT = "another horse, another staple";
const post = (path: string, body: unknown, token?: string) =>
  app.call("POST", `/api/v1${path}`, { body, ...(token === undefined ? {} : { token }) });

async function register(name: string, email = `${name}@example.com`): Promise<string> {
  const { body } = await post("/auth/register", { username: name, email, password: PASSWORD });
  return body.id;
}
const logIn = (username: string, password = PASSWORD) => post("/auth/login", { username, password });

/** The token in the newest mail to this address whose text holds `word`. */
async function awaitLink(to: string, path: string): Promise<string> {
  const find = () =>
    smtp.lines
      .filter((mail) => mail.to.includes(to))
      .map((mail) => mail.source.replaceAll("=\r\n", "").replaceAll("=3D", "="))
      .findLast((source: string) => source.includes(path));
  await expect.poll(find, { timeout: 15_000 }).toBeDefined();
  return /\?token=([\w-]+)/.exec(find())?.[1] ?? "";
}

describe("the e-mail address", () => {
  test("is confirmed by the link in the mail, once; opening the page alone confirms nothing", async () => {
    await register("vera");
    const token = await awaitLink("vera@example.com", "https://shop.example/api/v1/auth/email/verify");
    const page = await fetch(`${app.url}/api/v1/auth/email/verify?token=${token}`);
    expect(await page.text()).toContain(`value="${token}"`);
    expect(page.headers.get("referrer-policy")).toBe("no-referrer");
    const access = (await logIn("vera")).body.access_token;
    const isVerified = async () =>
      (await app.call("GET", "/users/me", { token: access })).body.email_verified;
    expect(await isVerified()).toBe(false);
    expect((await post("/auth/email/verify", { token, password: PASSWORD })).status).toBe(200);
    expect(await isVerified()).toBe(true);
    expect(await post("/auth/email/verify", { token })).toMatchObject({
      status: 400,
      body: { code: "invalid_link" },
    });
  });

  test("a mail that the server does not take at first is tried again, and one it never takes ends nothing", async () => {
    await register("ludwig", "later.ludwig@example.com");
    await register("rita", "refused.rita@example.com");
    const [waiting] = await awaitRows(2);
    expect(waiting?.["last_error"]).toMatch(/^EENVELOPE (451|550)$/);
    await app.db`UPDATE identity.mails SET next_attempt_at = now()`;
    expect(await awaitLink("later.ludwig@example.com", "email/verify")).toMatch(/^[\w-]{43}$/);
  });

  async function awaitRows(count: number) {
    const find = () => app.db`SELECT last_error FROM identity.mails WHERE last_error IS NOT NULL`;
    await expect.poll(async () => (await find()).length, { timeout: 15_000 }).toBe(count);
    return find();
  }
});

describe("a forgotten password", () => {
  test("V6.4.3 is set anew by the link, once, and every session ends", async () => {
    await register("fred");
    const before = (await logIn("fred")).body;
    expect((await post("/auth/password/forgot", { username: "FRED@example.com" })).status).toBe(202);
    const token = await awaitLink("fred@example.com", "password/reset");
    expect(await post("/auth/password/reset", { token, new_password: "fred1234" })).toMatchObject({
      status: 400,
      body: { code: "password_refused" },
    });
    expect((await post("/auth/password/reset", { token, new_password: NEXT })).status).toBe(200);
    expect((await post("/auth/password/reset", { token, new_password: NEXT })).status).toBe(400);
    expect((await app.call("GET", "/users/me", { token: before.access_token })).status).toBe(401);
    expect((await logIn("fred")).status).toBe(401);
    expect((await logIn("fred", NEXT)).status).toBe(200);
  });

  test("V6.3.8 is answered alike whether or not anybody has the name", async () => {
    const answers = await Promise.all(
      ["fred", "nobody@example.com"].map((username) => post("/auth/password/forgot", { username })),
    );
    expect(answers[0]?.body).toEqual(answers[1]?.body);
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  });

  test("a link is void once the address has changed, and lies nowhere in the database", async () => {
    await register("xenia");
    await post("/auth/password/forgot", { username: "xenia" });
    const token = await awaitLink("xenia@example.com", "password/reset");
    const dump = await app.db`SELECT token_hash::text AS hash FROM identity.link_tokens`;
    expect(JSON.stringify(dump)).not.toContain(token);
    const access = (await logIn("xenia")).body.access_token;
    const changed = await app.call("PATCH", "/users/me", {
      token: access,
      body: { email: "xenia@elsewhere.example" },
    });
    expect(changed).toMatchObject({ status: 200, body: { pending_email: "xenia@elsewhere.example" } });
    const confirm = await awaitLink("xenia@elsewhere.example", "email/verify");
    expect((await post("/auth/email/verify", { token: confirm })).status).toBe(200);
    expect((await post("/auth/password/reset", { token, new_password: NEXT })).status).toBe(400);
    await expect
      .poll(
        () =>
          smtp.lines.filter(
            (mail) => mail.to[0] === "xenia@example.com" && /was just changed/.test(mail.source),
          ).length,
        {
          timeout: 15_000,
        },
      )
      .toBe(1);
  });
});

describe("changing the password", () => {
  test("V6.2.3 V6.3.7 V7.4.3 needs the current one, ends all other sessions and tells the user", async () => {
    await register("carla");
    const kept = (await logIn("carla")).body.access_token;
    const other = (await logIn("carla")).body.access_token;
    const change = (current_password: string) =>
      post("/auth/password/change", { current_password, new_password: NEXT }, kept);
    expect(await change("wrong wrong")).toMatchObject({ status: 422, body: { code: "wrong_password" } });
    expect((await change(PASSWORD)).status).toBe(200);
    expect((await app.call("GET", "/users/me", { token: kept })).status).toBe(200);
    expect((await app.call("GET", "/users/me", { token: other })).status).toBe(401);
    await expect
      .poll(
        () =>
          smtp.lines.some(
            (mail) => mail.to[0] === "carla@example.com" && /was just changed/.test(mail.source),
          ),
        {
          timeout: 15_000,
        },
      )
      .toBe(true);
  });
});

test("nobody's mailbox is filled by asking, and links asked for before a password change are void; API keys stay good", async () => {
  await register("bea");
  const { access_token: token } = (await logIn("bea")).body;
  const key = (await post("/users/me/api-keys", { name: "till", scopes: ["accounts:read"] }, token)).body.key;
  const asked = [];
  for (let index = 0; index < 8; index += 1) {
    asked.push(post("/auth/password/forgot", { username: index % 2 === 0 ? "bea" : "bea@example.com" }));
    asked.push(post("/auth/email/resend", {}, token));
  }
  expect(new Set((await Promise.all(asked)).map(({ status }) => status))).toEqual(new Set([202]));
  const waiting = async () => (await app.db`SELECT id FROM identity.mails WHERE attempts < 2`).length;
  await expect.poll(waiting, { timeout: 15_000 }).toBe(0);
  const sent = (path: string) =>
    smtp.lines.filter((mail) => mail.to[0] === "bea@example.com" && mail.source.includes(path)).length;
  expect([sent("password/reset"), sent("email/verify")]).toEqual([5, 5]);

  const link = await awaitLink("bea@example.com", "password/reset");
  const change = { current_password: PASSWORD, new_password: NEXT };
  expect((await post("/auth/password/change", change, token)).body.message).toContain(
    "API keys keep working",
  );
  expect(await post("/auth/password/reset", { token: link, new_password: PASSWORD })).toMatchObject({
    status: 400,
    body: { code: "invalid_link" },
  });
  expect((await app.call("GET", "/accounts", { token: key })).status).toBe(200);
});

test("without SMTP, /dev/mailbox shows the mails while developing; with it, or in production, there is none", async () => {
  expect((await app.call("GET", "/dev/mailbox")).status).toBe(404);
  const developing = await startTestApp();
  const body = { username: "dora", email: "dora@example.com", password: PASSWORD };
  await developing.call("POST", "/auth/register", { body });
  const mails = async () => (await developing.call("GET", "/dev/mailbox")).body.mails;
  await expect.poll(async () => (await mails()).length, { timeout: 15_000 }).toBe(1);
  expect((await mails())[0]).toMatchObject({
    to: "dora@example.com",
    subject: "Confirm your e-mail address",
  });
  await developing.stop();
});
