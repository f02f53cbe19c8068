// A mail server that is given in parts, as earlier programs had it.
import { expect, it } from "vitest";
import { startTestApp } from "../../app.ts";
import { startServer } from "../../servers/start-server.ts";

it("F6-33: EMAIL_USERNAME and EMAIL_PASSWORD sign in at EMAIL_HOST, and MAIL_DEFAULT_SENDER sends", async () => {
  const smtp = await startServer("smtp", ["auth"]);
  const who = { EMAIL_USERNAME: "shop@example.com", EMAIL_PASSWORD: "p@ss: wörd/%" };
  const where = { EMAIL_HOST: "127.0.0.1", EMAIL_PORT: String(smtp.port) };
  const app = await startTestApp({ ...who, ...where, MAIL_DEFAULT_SENDER: "The Shop <hello@example.com>" });
  const ada = { username: "ada", email: "ada@example.com", password: "correct horse battery staple" };
  expect((await app.call("POST", "/auth/register", { body: ada })).status).toBe(201);
  await expect.poll(() => smtp.lines.length, { timeout: 30_000 }).toBe(2);
  await app.stop();
  await smtp.stop();
  const [signedIn, mail] = smtp.lines;
  expect(signedIn).toEqual({ username: who.EMAIL_USERNAME, password: who.EMAIL_PASSWORD });
  expect(mail.to).toEqual([ada.email]);
  expect(mail.source).toContain("From: The Shop <hello@example.com>");
});
