import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { RowCounts } from "../../hostile/count-rows.ts";
import { findFault, type Ground, openGround } from "../../hostile/ground.ts";
import { DEEP, JUNK_JSON, JUNK_TEXT, MISSHAPEN, nest } from "../../hostile/junk.ts";
import { listMutations } from "../../hostile/mutate-body.ts";
import { isOfIdentity, type Operation, withoutAliases } from "../../hostile/operations.ts";
import type { HostileRequest } from "../../hostile/send.ts";
import { makeBody, makePath, makeValue } from "../../hostile/valid-request.ts";

let ground: Ground;
let operations: Operation[];
let withBody: Operation[];
let faults: string[];
let before: RowCounts;
beforeAll(async () => {
  ground = await openGround({ BODY_LIMIT_BYTES: "1048576", RISK_RULES: "[]" });
  operations = withoutAliases(ground.operations);
  withBody = operations.filter((operation) => operation.body !== undefined);
});
afterAll(() => ground?.stop());
beforeEach(async () => {
  faults = [];
  before = await ground.countRows();
});

let keyCount = 0;
let keysForgottenAt = 0;
const KEYS_MAX = 250;
/** Requests under way at once. */
const AT_ONCE = 8;

interface Probe {
  readonly request: HostileRequest;
  readonly what: string;
  readonly field?: readonly string[];
}

/** Sends with a key of its own, so that a remembered refusal shows; notes what is wrong with the answer. */
async function send({ request, what, field }: Probe): Promise<number> {
  const headers = { "idempotency-key": `hostile-${++keyCount}`, ...request.headers };
  const answer = await ground.send({ ...request, headers });
  const fault = findFault(answer, field);
  if (fault !== undefined) faults.push(`${request.method} ${request.path.slice(0, 120)}: ${what}: ${fault}`);
  return answer.status;
}

/** Counting thousands of keys with every other row would be most of the work. */
async function forgetKeys(): Promise<void> {
  if (keyCount - keysForgottenAt < KEYS_MAX) return;
  keysForgottenAt = keyCount;
  await ground.forgetKeys();
  before = { ...before, "runtime.idempotency_keys": 0 };
}

async function probe(
  request: HostileRequest,
  about: { what: string; field?: readonly string[] },
): Promise<number> {
  await forgetKeys();
  const status = await send({ request, ...about });
  // What a GET should write after all is found with the next request that may write.
  if (request.method !== "GET") await noteChanges(status, about.what);
  return status;
}

/**
 * Many at once, counted once, for counting is most of the work. Where some were accepted and something changed, those that were
 * not are sent again by themselves: nothing at all may have changed then.
 */
async function probeAll(probes: readonly Probe[], what: string): Promise<void> {
  const refused = await sendAll(probes);
  if (refused.length < probes.length) {
    const after = await ground.countRows();
    if (JSON.stringify(after) === JSON.stringify(before)) return;
    before = after;
    await sendAll(refused);
  }
  if (refused.length === 0) return;
  await noteChanges(400, what);
}

/** Returns those that were found malformed. */
async function sendAll(probes: readonly Probe[]): Promise<Probe[]> {
  const refused: Probe[] = [];
  for (let from = 0; from < probes.length; from += AT_ONCE) {
    await forgetKeys();
    const sent = probes.slice(from, from + AT_ONCE);
    const statuses = await Promise.all(sent.map(send));
    refused.push(...sent.filter((_, index) => isMalformed(statuses[index] ?? 0)));
  }
  return refused;
}

function isMalformed(status: number): boolean {
  return [400, 401, 413, 415].includes(status);
}

/** Malformed: nothing at all may have been written. */
async function noteChanges(status: number, what: string): Promise<void> {
  const after = await ground.countRows();
  if (isMalformed(status) && JSON.stringify(after) !== JSON.stringify(before))
    faults.push(`${what}: answered ${status} and yet changed ${JSON.stringify([before, after])}`);
  before = after;
}

function requestFor(operation: Operation, body?: string | Buffer): HostileRequest {
  const token = ground.tokenFor(operation);
  return { method: operation.method, path: makePath(operation, ground.known), token, body };
}

function validBody(operation: Operation): unknown {
  return makeBody(operation, ground.known);
}

/** Understood, and no password, link or signature that anybody has given. */
const NO_PROOF = /"code":"(invalid_credentials|invalid_refresh_token|invalid_link|\w*passkey\w*)"/;

it("understands the request that the tampering begins with, at every operation", async () => {
  expect(operations.length).toBeGreaterThan(0);
  for (const operation of operations) {
    const body = operation.body === undefined ? undefined : JSON.stringify(validBody(operation));
    const answer = await ground.send(requestFor(operation, body));
    if ([200, 201, 202, 404, 409, 422].includes(answer.status)) continue;
    if (isOfIdentity(operation) && NO_PROOF.test(answer.text)) continue;
    faults.push(`${operation.title} ${body}: ${answer.status} ${answer.text}`);
  }
  expect(faults).toEqual([]);
});

// Ten thousand requests: a minute and a half, and several on a machine that others use too.
it("answers any value in any field of a body without an error of its own, and names the field", async () => {
  for (const operation of withBody) {
    const mutations = Map.groupBy(listMutations(validBody(operation)), ({ field }) => field.join("."));
    for (const [name, same] of mutations) {
      const probes = same.map(({ field, what, text }) => ({
        request: requestFor(operation, text),
        what,
        field,
      }));
      await probeAll(probes, `${operation.title} ${name}`);
    }
  }
  expect(faults).toEqual([]);
}, 400_000);

it("answers any value in a path parameter", async () => {
  for (const operation of operations) {
    for (const { name } of operation.parameters.filter((parameter) => parameter.in === "path")) {
      const body = operation.body === undefined ? undefined : JSON.stringify(validBody(operation));
      const probes = JUNK_TEXT.map((junk) => ({
        request: {
          ...requestFor(operation, body),
          path: makePath(operation, ground.known, { path: { [name]: junk } }),
        },
        what: `${name} is ${junk.slice(0, 40)}`,
      }));
      await probeAll(probes, `${operation.title} ${name}`);
    }
  }
  expect(faults).toEqual([]);
});

it("answers any value in a query parameter, given once, twice or as a list, and names it", async () => {
  for (const operation of operations) {
    const body = operation.body === undefined ? undefined : JSON.stringify(validBody(operation));
    const ask = (query: string, field?: readonly string[]): Probe => {
      const path = makePath(operation, ground.known, { query });
      const what = { what: query.slice(0, 60), ...(field === undefined ? {} : { field }) };
      return { request: { ...requestFor(operation, body), path }, ...what };
    };
    for (const { name, schema } of operation.parameters.filter((parameter) => parameter.in === "query")) {
      const valid = encodeURIComponent(String(makeValue(schema, name, ground.known)));
      const queries = [
        ...JUNK_TEXT.flatMap((junk) => [`${name}=${junk}`, `${name}=${valid}&${name}=${junk}`]),
        ...[`${name}`, `${name}[]=${valid}`, `${name}[a]=${valid}`, `${name}=${valid}&`.repeat(500)],
      ];
      await probeAll(
        queries.map((query) => ask(query, [name])),
        `${operation.title} ${name}`,
      );
    }
    const queries = ["unknown=1", "__proto__=1", "=", "&&&", "?", "%", "a".repeat(8_000)];
    await probeAll(
      queries.map((query) => ask(query)),
      `${operation.title} with a query`,
    );
  }
  await noteChanges(400, "one of the queries");
  expect(faults).toEqual([]);
}, 400_000);

it("answers bodies that are no JSON, too large, too deep, misshapen, or of another type", async () => {
  for (const operation of operations) {
    const valid = JSON.stringify(validBody(operation) ?? {});
    const bodies: readonly (readonly [string, string | Buffer])[] = [
      ...[
        "",
        " ",
        "{",
        '{"a":}',
        "nul",
        "{'a':1}",
        "[1,]",
        `${valid}${valid}`,
        "\u0000",
        `\uFEFF${valid}`,
      ].map((text) => [`is ${text.slice(0, 30)}`, text] as const),
      ["is bytes that are no UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0xc0, 0x22, 0x3a, 0x31, 0x7d])],
      [`is nested ${DEEP} deep`, nest(DEEP)],
      [`is a list nested ${DEEP} deep`, `${"[".repeat(DEEP)}${"]".repeat(DEEP)}`],
      ["is deep and poisoned", nest(DEEP, '{"__proto__":1}')],
      ["is too large", `{"a":"${"x".repeat(1_048_576)}"}`],
      [
        "has very many members",
        `{${Array.from({ length: 50_000 }, (_, index) => `"${index}":0`).join(",")}}`,
      ],
    ];
    const types = [
      "text/plain",
      "application/xml",
      "multipart/form-data",
      "application/x-www-form-urlencoded",
      "",
      "x",
      "application/json; charset=utf-7",
      "application/json5",
    ];
    const known = MISSHAPEN.map((body) => ({
      request: requestFor(operation, body),
      what: `the body is ${body}`,
    }));
    const probes = [
      ...known,
      ...known.map(({ request, what }) => ({ request: { ...request, token: undefined }, what })),
      ...bodies.map(([what, body]) => ({ request: requestFor(operation, body), what: `the body ${what}` })),
      ...types.map((type) => ({
        request: { ...requestFor(operation, valid), headers: { "content-type": type } },
        what: `the type is ${type}`,
      })),
    ];
    await probeAll(probes, `${operation.title} with another body`);
  }
  expect(faults).toEqual([]);
});

it("answers lists that are longer than it takes", async () => {
  for (const operation of withBody) {
    const body = validBody(operation) as Record<string, unknown>;
    for (const [name, value] of Object.entries(body)) {
      if (!Array.isArray(value)) continue;
      const text = JSON.stringify({ ...body, [name]: Array.from({ length: 20_000 }, () => ({})) });
      expect(await probe(requestFor(operation, text), { what: `${name} is too long`, field: [name] })).toBe(
        400,
      );
    }
  }
  expect(faults).toEqual([]);
});

it("answers a malformed Idempotency-Key, and names it", async () => {
  const keys = ["", " ", "a b", "\t", "é", "x".repeat(256), "\u0080", "a,b\u00ff", ["one", "two"]];
  for (const operation of operations.filter(({ method }) => method === "POST")) {
    const request = requestFor(operation, JSON.stringify(validBody(operation) ?? {}));
    const probes = keys.map((key) => ({
      request: { ...request, headers: { "idempotency-key": key } },
      what: `key ${key}`,
      field: ["Idempotency-Key"],
    }));
    await probeAll(probes, `${operation.title} with a malformed key`);
  }
  expect(faults).toEqual([]);
});

it("takes one request for the same however it is written, and another for another, in one batch with others", async () => {
  const operation = operations.find(({ title }) => title === "POST /api/v1/transactions");
  if (operation === undefined) throw new Error("there is no POST /api/v1/transactions");
  const body = validBody(operation) as Record<string, unknown>;
  const text = JSON.stringify(body);
  const same = [
    text,
    `\uFEFF${text}`,
    ` \n${text}\t`,
    JSON.stringify(body, null, 2),
    JSON.stringify(Object.fromEntries(Object.entries(body).reverse())),
    text.replace('"amount"', '"\\u0061mount"'),
  ];
  const other = [
    JSON.stringify({ ...body, amount: "2" }),
    `\uFEFF${JSON.stringify({ ...body, reference: "x" })}`,
  ];
  for (const first of same) {
    const { "ledger.transfers": transfers = 0 } = await ground.countRows();
    const key = `same-${++keyCount}`;
    const send = (sent: string, headers: Record<string, string>) =>
      ground.send({ ...requestFor(operation, sent), token: ground.admin, headers });
    const keyed = [first, ...same, ...other].map((sent) => send(sent, { "idempotency-key": key }));
    const statuses = (await Promise.all([...keyed, send(text, {})])).map(({ status }) => status);
    // The key's request is carried out once, whichever came first; the rest is a replay or another request.
    expect(new Set(statuses)).toEqual(new Set([201, 422]));
    expect(statuses.at(-1)).toBe(201);
    expect((await ground.countRows())["ledger.transfers"]).toBe(transfers + 2);
  }
});

it("answers anything at all in several fields at once", async () => {
  const junk = fc.oneof(
    fc.json(),
    fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
    fc.constantFrom(...JUNK_JSON),
    fc.double().map(String),
    fc.bigInt().map(String),
  );
  const tampering = fc.record({
    at: fc.nat(),
    values: fc.array(fc.tuple(fc.nat(), junk), { minLength: 1, maxLength: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(tampering, async ({ at, values }) => {
      const operation = withBody[at % withBody.length];
      if (operation === undefined) return;
      const members = Object.entries(validBody(operation) as object).map(([name, value]) => [
        name,
        JSON.stringify(value),
      ]);
      for (const [position, text] of values) {
        const member = members[position % Math.max(members.length, 1)];
        if (member !== undefined) member[1] = text;
      }
      const text = `{${members.map(([name, value]) => `"${name}":${value}`).join(",")}}`;
      faults = [];
      await probe(requestFor(operation, text), { what: text.slice(0, 500) });
      expect(faults).toEqual([]);
    }),
    { numRuns: 400 },
  );
});

function isUuid(id: unknown): boolean {
  return typeof id === "string" && /^[0-9a-f]{8}-/.test(id);
}

it("hides from a customer what is not theirs: it answers as if it were not there", async () => {
  // Instruments are everybody's: whoever may trade sees them.
  const ids = Object.entries(ground.known).filter(
    ([name]) => /\bid$|_id$/.test(name) && !/^instrument/.test(name),
  );
  const missing = {
    ...ground.known,
    ...Object.fromEntries(
      ids.map(([name, id], index) => [name, isUuid(id) ? crypto.randomUUID() : String(2 ** 52 + index)]),
    ),
  };
  for (const operation of operations) {
    const answers = [ground.known, missing].map(async (known) => {
      const body = operation.body === undefined ? undefined : JSON.stringify(makeBody(operation, known));
      const answer = await ground.send({
        method: operation.method,
        path: makePath(operation, known),
        token: ground.strangerFor(operation),
        body,
      });
      const fault = findFault(answer);
      if (fault !== undefined) faults.push(`${operation.title}: ${fault}`);
      return answer.text.replaceAll(/"request_id":"[^"]+"|\b\d{4,16}\b/g, "#");
    });
    const [foreign, none] = await Promise.all(answers);
    const namesNothing = isOfIdentity(operation) && !operation.path.includes("{"); // and may answer what is new each time
    if (foreign !== none && !namesNothing) faults.push(`${operation.title}: ${foreign} / ${none}`);
  }
  expect(faults).toEqual([]);
});

it("is well afterwards: ready, and its sums at zero", async () => {
  expect((await ground.app.call("GET", "/health/ready")).status).toBe(200);
  const [sums] = await ground.app.db<{ customers: string; world: string }[]>`
    SELECT (SELECT sum(credits_posted - debits_posted)::text FROM ledger.accounts) AS customers,
           (SELECT sum(debits_posted - credits_posted)::text FROM ledger.system_balances) AS world`;
  expect(sums?.customers).toBe(sums?.world);
});
