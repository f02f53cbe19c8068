// Requests that can be read in two ways are refused, by name; the API page runs no script of its own text.
import { afterAll, beforeAll, expect, it } from "vitest";
import { expectProblem } from "../../hostile/check-problem.ts";
import { type Ground, openGround } from "../../hostile/ground.ts";
import { sendBytes, splitAnswers } from "../../hostile/raw-connection.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(async () => {
  await ground?.stop();
});

async function answerTo(bytes: string | Buffer) {
  const [answer] = splitAnswers(await sendBytes(ground.app.url, bytes, { answers: 1 }));
  if (answer === undefined) throw new Error("there was no answer");
  return { status: answer.status, ...expectProblem(answer) };
}

const get = (headers: string) => `GET /api/v1/accounts HTTP/1.1\r\n${headers}\r\n`;

it("F6-40 two Host or Authorization headers are refused, though they say the same", async () => {
  const bearer = `Authorization: Bearer ${ground.admin}\r\n`;
  const host = "Host: localhost\r\n";
  for (const [headers, field] of [
    [`${host}${host}${bearer}`, "Host"],
    [`${host}Host: evil.example\r\n${bearer}`, "Host"],
    [`${host}${bearer}${bearer}`, "Authorization"],
    [`${host}authorization: Basic x\r\n${bearer}`, "Authorization"],
  ] as const) {
    const problem = await answerTo(get(headers));
    expect([problem.status, problem.errors]).toEqual([
      400,
      [expect.objectContaining({ field, reason: "must be sent once" })],
    ]);
  }
});

it("F6-40 no Host, and two of what says what a body is or whose a request is, are refused by name", async () => {
  const host = "Host: localhost\r\n";
  for (const [headers, field, reason] of [
    ["", "Host", "must be sent"],
    [
      `${host}Content-Type: application/json\r\nContent-Type: text/plain\r\n`,
      "Content-Type",
      "must be sent once",
    ],
    [`${host}Idempotency-Key: a\r\nidempotency-key: a\r\n`, "Idempotency-Key", "must be sent once"],
    [`${host}Cart-Token: a\r\nCart-Token: b\r\n`, "Cart-Token", "must be sent once"],
    [
      `${host}Content-Type: application/json; charset=utf-16\r\n`,
      "Content-Type",
      "must be of UTF-8, or name no charset",
    ],
    [
      `${host}Content-Type: application/json;charset="iso-8859-1"\r\n`,
      "Content-Type",
      "must be of UTF-8, or name no charset",
    ],
    [
      `${host}Content-Type: application/json; charset=utf-8859\r\n`,
      "Content-Type",
      "must be of UTF-8, or name no charset",
    ],
  ] as const) {
    const problem = await answerTo(get(headers));
    expect([problem.status, problem.errors]).toEqual([400, [expect.objectContaining({ field, reason })]]);
  }
  for (const charset of ["utf-8", "UTF-8", '"utf-8"', "us-ascii"])
    expect(
      (
        await ground.app.call("GET", "/api/v1/products", {
          headers: { "content-type": `application/json; charset=${charset}` },
        })
      ).status,
    ).toBe(200);
});

it("F6-40 forms and queries that are no UTF-8 are refused, escaped or not", async () => {
  const head =
    "POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n";
  const fault = (field: string) => ({
    status: 400,
    code: "invalid_request",
    errors: [{ field, reason: "must be UTF-8" }],
  });
  const send = (body: string) =>
    answerTo(Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n${body}`, "latin1"));
  const raw = { status: 400, code: "invalid_request", detail: "the body is not valid UTF-8" };
  expect(await send("username=ada&password=\xff\xfe12345678")).toMatchObject(raw);
  expect(await send("username=ada&password=%ff12345678")).toMatchObject(fault("password"));
  expect(await send("username=%ED%A0%80&password=x")).toMatchObject(fault("username"));
  const right = "username=ada&password=Gr%C3%BC%C3%9Fe+%26+100%";
  expect(await send(right)).toMatchObject({ status: 401 });
  for (const [query, field] of [
    ["q=%ff", "q"],
    ["q=a&brand=%C0%80", "brand"],
    ["q=%ED%A0%80", "q"],
  ] as const)
    expect((await ground.app.call("GET", `/api/v1/products?${query}`)).body).toMatchObject(fault(field));
  for (const query of ["q=100%", "q=caf%C3%A9", "q=%F0%9F%98%80"])
    expect((await ground.app.call("GET", `/api/v1/products?${query}`)).status).toBe(200);
});

it("F6-40 a body that is no UTF-8, or comes with a Content-Encoding, is refused and leaves nothing", async () => {
  const before = await ground.countRows();
  const head = `POST /api/v1/accounts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ground.admin}\r\nContent-Type: application/json\r\n`;
  const valid = Buffer.from('{"currency":"EUR"}');
  const owner = Buffer.from([
    ...Buffer.from('{"currency":"EUR","owner_id":"a'),
    0xff,
    0xc0,
    ...Buffer.from('"}'),
  ]);
  const send = (body: Buffer, more = "") =>
    answerTo(Buffer.concat([Buffer.from(`${head}${more}Content-Length: ${body.length}\r\n\r\n`), body]));
  expect(await send(owner)).toMatchObject({
    status: 400,
    code: "invalid_json",
    detail: "the body is not valid UTF-8",
  });
  for (const coding of ["gzip", "br", "utf-7", "x-unknown", "gzip, identity"])
    expect(await send(valid, `Content-Encoding: ${coding}\r\n`)).toMatchObject({
      status: 400,
      code: "unsupported_content_encoding",
    });
  expect(await ground.countRows()).toEqual(before);
});

it("F6-40 the API page has no inline script, and its policy allows none", async () => {
  const page = await ground.app.call("GET", "/docs/");
  expect(page.headers.get("content-security-policy")).toMatch(/script-src 'self';/);
  const scripts = [...String(page.body).matchAll(/<script([^>]*)>([^<]*)<\/script>/g)];
  expect(scripts.length).toBeGreaterThan(0);
  for (const [, attributes, text] of scripts) {
    expect([attributes, text]).toEqual([expect.stringMatching(/^ src="js\/[a-z.]+"$/), ""]);
    const path = `/docs/${/src="([^"]+)"/.exec(attributes ?? "")?.[1]}`;
    expect((await ground.app.call("GET", path)).status).toBe(200);
  }
});
