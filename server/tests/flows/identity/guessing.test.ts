// Guessing passwords: it is slowed down before any work is done, tells nothing about who has an account, and cannot be
// used to lock its owner out.
import { expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";
import { shareInFile } from "../../share-in-file.ts";

const app = await shareInFile(startTestApp());
const other = await shareInFile(startTestApp({ DB_URL: app.databaseUrl }));

const PASSWORD = "correct horse battery staple";
const register = (username: string) =>
  app.call("POST", "/auth/register", {
    body: { username, email: `${username}@example.com`, password: PASSWORD },
  });
const logIn = (username: string, password: string, extra: { at?: TestApp; device_token?: string } = {}) => {
  const { at = app, ...rest } = extra;
  return at.call("POST", "/auth/login", { body: { username, password, ...rest } });
};
const resetNetwork = () => app.db`DELETE FROM identity.throttles`;

test("V6.3.1 of a hundred guesses at once, on two processes, no more than the free ones are checked", async () => {
  await register("target");
  await register("sentinel");
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      logIn("target", `guess ${index}`, { at: index % 2 === 0 ? app : other }),
    ),
  );
  const codes = answers.map(({ body }) => body.code as string);
  const checked = codes.filter((code) => code === "invalid_credentials").length;
  expect(checked).toBeGreaterThanOrEqual(5);
  expect(checked).toBeLessThan(10); // the fifth failure's wait is one second, which may pass meanwhile
  expect(codes.filter((code) => code === "login_throttled")).toHaveLength(100 - checked);
  const throttled = answers.find(({ status }) => status === 429);
  expect(Number(throttled?.headers.get("retry-after"))).toBeGreaterThan(0);
});

test("V6.3.8 a name that nobody has is slowed down like any other", async () => {
  await resetNetwork();
  const failures = async (username: string) => {
    const codes: string[] = [];
    for (let index = 0; index < 7; index += 1) codes.push((await logIn(username, "wrong wrong")).body.code);
    return codes;
  };
  const known = await failures("sentinel");
  expect(known).toEqual([...Array(5).fill("invalid_credentials"), "login_throttled", "login_throttled"]);
  expect(await failures("nobody-at-all")).toEqual(known);
});

test("V6.3.8 however it is typed, a name has one budget; neither answer nor wait tells who has it, or which address", async () => {
  await resetNetwork();
  const codesOf = async (name: string) => {
    const typed = [
      name,
      ` ${name}`,
      name.toUpperCase(),
      `${name}\u3000`,
      `\uff33${name.slice(1)}`,
      name,
      `${name} `,
    ];
    const codes = [];
    for (const login of [...typed, `${name}@example.com`])
      codes.push((await logIn(login, "wrong wrong")).body.code);
    return codes;
  };
  const known = await codesOf("sentinel");
  expect(known.slice(-2)).toEqual(["login_throttled", "invalid_credentials"]);
  expect(await codesOf("stranger")).toEqual(known);
});

test("V6.3.1 a login takes back its own attempt alone, not those of others on its network", async () => {
  // Mails of the registrations count too, whenever they leave.
  const mails = () => app.db`SELECT id FROM identity.mails`;
  await expect.poll(mails, { timeout: 15_000 }).toHaveLength(0);
  await resetNetwork();
  await logIn("sentinel", "wrong wrong");
  expect((await logIn("target", PASSWORD)).status).toBe(200);
  const rows = await app.db`SELECT failures FROM identity.throttles ORDER BY failures`;
  expect(rows.map((row) => row["failures"])).toEqual([0, 1, 1]);
});

test("V6.3.1 nobody uses up what a signed-in user has, whatever name they type", async () => {
  await resetNetwork();
  const { body } = await logIn("target", PASSWORD);
  const me = (await app.call("GET", "/users/me", { token: body.access_token })).body;
  for (const kind of ["confirm", "factor", "session_factor"])
    for (let index = 0; index < 6; index += 1) await logIn(`${me.id}:${kind}`, "wrong wrong");
  const stepUp = { token: body.access_token, body: { password: PASSWORD } };
  expect((await app.call("POST", "/auth/step-up", stepUp)).status).toBe(200);
});

test("failure 34: V6.3.1 a lockout cannot be used against its owner: a known device and a new password by mail still let them in", async () => {
  await resetNetwork();
  await register("owner");
  const device_token = (await logIn("owner", PASSWORD)).body.device_token as string;
  expect(device_token).toMatch(/^chd_/);
  for (let index = 0; index < 8; index += 1) await logIn("owner", `guess ${index}`);
  expect((await logIn("owner", PASSWORD)).status).toBe(429);
  const fromDevice = await logIn("owner", PASSWORD, { device_token });
  expect(fromDevice.status).toBe(200);
  expect(fromDevice.body).not.toHaveProperty("device_token");
  expect((await logIn("owner", PASSWORD)).status).toBe(429);

  await app.call("POST", "/auth/password/forgot", { body: { username: "owner" } });
  const findLink = async () => {
    const mails = [app, other].map(async (at) => (await at.call("GET", "/dev/mailbox")).body.mails);
    const all = (await Promise.all(mails)).flat() as { to: string; text: string }[];
    return all.map(({ to, text }) =>
      to === "owner@example.com" ? /reset\?token=([\w-]+)/.exec(text)?.[1] : undefined,
    );
  };
  await expect.poll(async () => (await findLink()).find(Boolean), { timeout: 15_000 }).toBeDefined();
  const token = (await findLink()).find(Boolean);
  const reset = await app.call("POST", "/auth/password/reset", {
    body: { token, new_password: "my own new staple" },
  });
  const again = await logIn("owner", "my own new staple", { device_token: reset.body.device_token });
  expect(again.status).toBe(200);
});

test("somebody else's device token gives no budget", async () => {
  await resetNetwork();
  const device_token = (await logIn("target", PASSWORD)).body.device_token as string;
  const codes = [];
  for (let index = 0; index < 6; index += 1)
    codes.push((await logIn("sentinel", "wrong wrong", { device_token })).body.code);
  expect(codes.at(-1)).toBe("login_throttled");
});

test("V6.3.8 a known and an unknown name take the same time", async () => {
  const time = async (username: string) => {
    await resetNetwork();
    const startedAt = performance.now();
    await logIn(username, "wrong wrong wrong");
    return performance.now() - startedAt;
  };
  const times: { known: number[]; unknown: number[] } = { known: [], unknown: [] };
  for (let round = 0; round < 40; round += 1) {
    times.known.push(await time("sentinel"));
    times.unknown.push(await time(`unknown-${round}`));
  }
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
  const [known, unknown] = [median(times.known), median(times.unknown)];
  const spread = median(times.known.map((value) => Math.abs(value - known)));
  expect(Math.abs(known - unknown)).toBeLessThan(Math.max(spread * 2, known * 0.25));
});

test("control characters in a name are refused, not an internal error", async () => {
  for (const body of [
    { username: "a\u0000b", password: PASSWORD },
    { username: "\u0000", password: "\u0000" },
  ])
    expect((await app.call("POST", "/auth/login", { body })).status).toBe(400);
  const odd = { username: "sentinel", password: "\u0000\ud800" };
  expect((await app.call("POST", "/auth/login", { body: odd })).status).toBeLessThan(500);
  expect((await app.call("POST", "/auth/password/forgot", { body: { username: "\u0000" } })).status).toBe(
    400,
  );
});
