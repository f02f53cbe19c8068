import { createHmac } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { mintToken } from "../../../src/http/authenticate.ts";
import { expectProblem } from "../../hostile/check-problem.ts";
import { type Ground, openGround } from "../../hostile/ground.ts";
import { isOfIdentity } from "../../hostile/operations.ts";
import { makeBody, makePath } from "../../hostile/valid-request.ts";

const SECRET = "a secret of the tests that is long enough to be one";
const SETTINGS = { secret: SECRET, audience: "countinghouse" };
const HOUR_SECONDS = 3_600;

let ground: Ground;
let now: number;
beforeAll(async () => {
  ground = await openGround({ JWT_SECRET_KEY: SECRET });
  now = Math.floor(Date.now() / 1000);
});
afterAll(() => ground?.stop());

/** Signs whatever it is given, as somebody who knows the secret could. */
function sign(claims: unknown, header: object = {}, { secret = SECRET, hash = "sha256" } = {}): string {
  const signed = [{ alg: "HS256", typ: "JWT", ...header }, claims].map(encode).join(".");
  return `${signed}.${createHmac(hash, secret).update(signed).digest("base64url")}`;
}

function encode(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
}

function claims(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const name = { preferred_username: "Mallory" };
  return {
    ...{ sub: "mallory", roles: ["admin"], aud: "countinghouse", exp: now + HOUR_SECONDS },
    ...name,
    ...changes,
  };
}

function listBadClaims(): Record<string, unknown>[] {
  const bad: Readonly<Record<string, readonly unknown[]>> = {
    sub: [undefined, "", null, 1, [], {}, "x".repeat(129), "a\u0000b", "a\nb", "\ud800", "\u001b[2J"],
    roles: [
      undefined,
      [],
      "admin",
      ["root"],
      [null],
      [["admin"]],
      { 0: "admin" },
      ["admin", "root"],
      1,
      true,
    ],
    aud: [undefined, "", "other", [], ["other"], 1, null, {}, "countinghouse2", "COUNTINGHOUSE"],
    exp: [undefined, null, "", "never", [], {}, true, 0, -1, now - 60, `${now + HOUR_SECONDS}`],
    nbf: [now + HOUR_SECONDS, "now", {}],
    preferred_username: [undefined, "", 1, [], {}, null, "a\u0000b", "x".repeat(129)],
  };
  return Object.entries(bad).flatMap(([name, values]) => values.map((value) => claims({ [name]: value })));
}

function listBadAuthorizations(): (string | undefined)[] {
  const good = sign(claims());
  const [header = "", payload = "", signature = ""] = good.split(".");
  const forged = [
    `${encode({ alg: "none" })}.${payload}.`,
    `${encode({ alg: "none" })}.${payload}.${signature}`,
    `${encode({ alg: "None" })}.${payload}.${signature}`,
    `${header}.${payload}.`,
    `${header}.${payload}`,
    `${header}.${encode(claims({ sub: "admin" }))}.${signature}`,
    sign(claims(), {}, { secret: "another secret that is as long as the one of the server" }),
    sign(claims(), {}, { secret: "" }),
    sign(claims(), { alg: "HS384" }, { hash: "sha384" }),
    sign(claims(), { alg: "HS512" }, { hash: "sha512" }),
    sign(claims(), { alg: "RS256" }),
    sign(claims(), { alg: "EdDSA" }),
    sign(claims(), { alg: undefined }),
    sign(claims(), { crit: ["x"], x: 1 }),
    sign(claims(), { b64: false, crit: ["b64"] }),
    ...["[]", '"text"', "null", "1", "", "{", '{"sub":', "\u0000"].map((payload) => sign(payload)),
    ...listBadClaims().map((bad) => sign(bad)),
  ];
  return [
    ...[
      undefined,
      "",
      "Bearer",
      "Bearer ",
      "Basic YWRtaW46YWRtaW4=",
      good,
      `Token ${good}`,
      `Bearer: ${good}`,
    ],
    ...[
      `Bearer ${good} ${good}`,
      `Bearer ${good}, Bearer ${good}`,
      `Bearer  ${good}`,
      `Bearer ${good}.x`,
      `Bearer "${good}"`,
    ],
    ...[
      "Bearer a.b.c",
      "Bearer ..",
      "Bearer a",
      `Bearer ${"a".repeat(10_000)}`,
      `Bearer ${"a.".repeat(3_000)}`,
      "Bearer é",
    ],
    ...forged.map((token) => `Bearer ${token}`),
  ];
}

it("accepts the token that the tampering begins with", async () => {
  for (const token of [
    sign(claims()),
    await mintToken(SETTINGS, { id: "a", name: "a", roles: ["admin"] }, 60),
  ]) {
    const answer = await ground.send({ method: "GET", path: "/api/v1/accounts", token });
    expect(answer.status).toBe(200);
  }
});

it("refuses every operation without a token that is valid in each of its parts, and changes nothing", async () => {
  const before = await ground.countRows();
  const guarded = ground.operations.filter((operation) => !operation.isPublic);
  expect(guarded.length).toBeGreaterThan(0);
  for (const authorization of listBadAuthorizations()) {
    for (const operation of guarded) {
      const body =
        operation.body === undefined ? undefined : JSON.stringify(makeBody(operation, ground.known));
      const headers = authorization === undefined ? {} : { authorization };
      const path = makePath(operation, ground.known);
      const answer = await ground.send({ method: operation.method, path, headers, body });
      expect(`${answer.status} ${authorization} ${operation.title}`).toBe(
        `401 ${authorization} ${operation.title}`,
      );
      expect(expectProblem(answer).code).toBe("unauthenticated");
    }
  }
  expect(await ground.countRows()).toEqual(before);
});

it("refuses a token with any character changed", async () => {
  const good = sign(claims());
  // The last character carries bits that belong to no byte of the signature.
  const change = fc.record({ at: fc.nat(good.length - 2), to: fc.constantFrom(..."AZaz09-_.") });
  await fc.assert(
    fc.asyncProperty(change, async ({ at, to }) => {
      fc.pre(good[at] !== to);
      const token = `${good.slice(0, at)}${to}${good.slice(at + 1)}`;
      const answer = await ground.send({ method: "GET", path: "/api/v1/accounts", token });
      expect(answer.status).toBe(401);
    }),
    { numRuns: 300 },
  );
});

it("V9.2.1 refuses a token when its time has come, although it was accepted before", async () => {
  const token = sign(claims());
  const ask = async () => (await ground.send({ method: "GET", path: "/api/v1/accounts", token })).status;
  expect(await ask()).toBe(200);
  vi.useFakeTimers({ toFake: ["Date"], now: (now + HOUR_SECONDS + 10) * 1_000 });
  try {
    expect(await ask()).toBe(401);
  } finally {
    vi.useRealTimers();
  }
});

it("asks for a token in the words of HTTP, and says nothing of why a signature failed", async () => {
  const { headers, body } = await ground.app.call("GET", "/api/v1/accounts");
  expect(headers.get("www-authenticate")).toBe('Bearer realm="countinghouse"');
  expect(body.detail).toBe("send Authorization: Bearer <token>");
  const forged = sign(claims(), {}, { secret: "another" });
  expect((await ground.app.call("GET", "/api/v1/accounts", { token: forged })).body.detail).toBe(
    "the token is not valid",
  );
});

it("lets a customer do nothing that is staff's, on any operation that moves or opens something", async () => {
  const stranger = sign(claims({ sub: "stranger", roles: ["customer"] }));
  const before = await countBusiness();
  const changing = ground.operations.filter(({ method, isPublic }) => method !== "GET" && !isPublic);
  for (const operation of changing.filter((each) => !isOfIdentity(each))) {
    const body = operation.body === undefined ? undefined : JSON.stringify(makeBody(operation, ground.known));
    const path = makePath(operation, ground.known);
    const answer = await ground.send({ method: operation.method, path, token: stranger, body });
    expect([403, 404, 422], `${operation.title}: ${answer.text}`).toContain(answer.status);
    expectProblem(answer);
  }
  expect(await countBusiness()).toEqual(before);
});

/** Rows of everything but what a refusal leaves: its remembered answer, and its entry on the trail. */
async function countBusiness() {
  const rows = Object.entries(await ground.countRows());
  return Object.fromEntries(rows.filter(([table]) => !/^audit\.|^runtime\.idempotency_keys$/.test(table)));
}
