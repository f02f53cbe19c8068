import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../../tests/database.ts";
import { createSandbox } from "../providers/sandbox/sandbox.ts";
import { SIGNATURE_HEADER, signWebhook } from "../providers/sandbox/sandbox-signature.ts";
import { receiveWebhook } from "./receive-webhook.ts";

const SECRET = "a secret of the sandbox";
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const bodyOf = (id: string) => JSON.stringify({ id, type: "charge.captured", metadata: {}, data: {} });
const signed = (body: string, secret = SECRET, nowMs = Date.now()) => ({
  [SIGNATURE_HEADER]: signWebhook(body, secret, nowMs),
});
function receive(body: string, headers: Record<string, string> = signed(body), provider = "sandbox") {
  const { db } = database;
  const options = { secret: SECRET, publicUrl: "http://shop", delayMs: 0, onTold: () => undefined };
  const sandbox = createSandbox({ db, ...options });
  const providers = new Map([["sandbox" as const, { provider: sandbox }]]);
  return receiveWebhook({ db, providers }, { provider, body, headers });
}
const stored = () =>
  database.db<{ event_id: string; type: string; body: string; state: string }[]>`
    SELECT event_id, type, body, state FROM payments.inbox ORDER BY id`;

it("stores what is signed, as it came", async () => {
  const body = `${bodyOf("sbe_1")} `;
  expect(await receive(body)).toBe(true);
  expect(await stored()).toEqual([{ event_id: "sbe_1", type: "charge.captured", body, state: "received" }]);
});

it("stores an event once, however often and at once it comes", async () => {
  const told = await Promise.all([1, 2, 3].map(() => receive(bodyOf("sbe_2"))));
  expect(told.filter(Boolean)).toHaveLength(1);
  expect(await receive(bodyOf("sbe_2"))).toBe(false);
  expect((await stored()).filter(({ event_id: id }) => id === "sbe_2")).toHaveLength(1);
});

it("refuses what is not signed, signed by another or long ago, or changed since, and stores nothing of it", async () => {
  const before = await stored();
  const body = bodyOf("sbe_3");
  const old = Date.now() - 600_000;
  for (const headers of [{}, signed(body, "another"), signed(body, SECRET, old), signed(bodyOf("sbe_4"))])
    await expect(receive(body, headers)).rejects.toMatchObject({ code: "invalid_signature" });
  expect(await stored()).toEqual(before);
});

it("refuses what is no webhook though it is signed, and stores nothing of it", async () => {
  const before = await stored();
  for (const body of ["", "no json", "[]", "null", '{"id":1}', bodyOf("sbe\0")])
    await expect(receive(body), body).rejects.toMatchObject({ kind: "invalid", code: "invalid_request" });
  const nul = bodyOf("sbe_5").replace("captured", "capt\0ured");
  await expect(receive(nul)).rejects.toMatchObject({ code: "invalid_request" });
  expect(await stored()).toEqual(before);
});

it("refuses a provider that is unknown or not configured", async () => {
  const body = bodyOf("sbe_6");
  for (const provider of ["stripe", "nobody", "__proto__"])
    await expect(receive(body, signed(body), provider)).rejects.toMatchObject({ code: "unknown_provider" });
});
