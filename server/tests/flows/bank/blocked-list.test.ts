import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestBank, type TestBank } from "../bank.ts";

let bank: TestBank;

beforeAll(async () => {
  bank = await openTestBank();
});
afterAll(() => bank.app.stop());

const PATH = "/api/v1/risk/blocked";

it("an administrator blocks, reads, changes and unblocks", async () => {
  const blocked = await bank.post("/risk/blocked", {
    kind: "ip",
    value: "203.0.113.9",
    reason: "card testing",
  });
  expect(blocked).toMatchObject({ status: 201, body: { kind: "ip", value: "203.0.113.9", version: 1 } });
  const { id } = blocked.body;
  expect((await bank.get(`/risk/blocked/${id}`)).headers.get("etag")).toBe('"1"');
  const changed = await bank.patch(`/risk/blocked/${id}`, { reason: null }, { "if-match": '"1"' });
  expect(changed).toMatchObject({ status: 200, body: { reason: null, version: 2 } });
  expect(await bank.patch(`/risk/blocked/${id}`, { reason: "x" }, { "if-match": '"1"' })).toMatchObject({
    status: 409,
    body: { code: "blocked_entry_changed", version: 2 },
  });
  expect((await bank.get("/risk/blocked?kind=ip")).body.items).toMatchObject([{ id }]);
  const removed = await bank.app.call("DELETE", `${PATH}/${id}`, { token: bank.admin });
  expect(removed).toMatchObject({ status: 200, body: { id } });
  expect(await bank.get(`/risk/blocked/${id}`)).toMatchObject({
    status: 404,
    body: { code: "blocked_entry_not_found" },
  });
});

it("a repeated key blocks once, and of two at once the second is told", async () => {
  const body = { kind: "customer", value: "mallory" };
  const block = (key: string) =>
    bank.app.call("POST", PATH, { token: bank.admin, body, headers: { "idempotency-key": key } });
  const [first, second] = await Promise.all([block("block-1"), block("block-1")]);
  expect(second?.body).toEqual(first?.body);
  const statuses = await Promise.all([block("block-2"), block("block-3")]);
  expect(statuses.map(({ body: { code } }) => code)).toEqual(["blocked_already", "blocked_already"]);
});

it("refuses what is no value of its kind, and everybody but administrators", async () => {
  for (const value of ["not an address", "300.1.1.1", { street: "1 Elm St" }])
    expect(await bank.post("/risk/blocked", { kind: "ip", value })).toMatchObject({
      status: 400,
      body: { code: "invalid_request", errors: [{ field: "value" }] },
    });
  const past = { kind: "email", value: "a@b.c", expires_at: "tomorrow" };
  expect((await bank.post("/risk/blocked", past)).status).toBe(400);
  for (const token of [bank.alice, await bank.app.token("operator")])
    expect((await bank.post("/risk/blocked", { kind: "customer", value: "x" }, token)).status).toBe(403);
  expect((await bank.get("/risk/screenings/1", await bank.app.token("operator"))).body.code).toBe(
    "screening_not_found",
  );
});

it("F6-38 takes the last moment that there is, refuses one before 1970, and shows what is documented alone", async () => {
  const last = { kind: "customer", value: "far", expires_at: "9999-12-31T23:59:59.999999Z" };
  const { status, body } = await bank.post("/risk/blocked", last);
  expect(status).toBe(201);
  const { id, blocked_at } = body;
  const shown = {
    id,
    kind: "customer",
    value: "far",
    reason: null,
    version: 1,
    blocked_by: "admin",
    blocked_at,
  };
  expect(body).toEqual({ ...shown, expires_at: "9999-12-31T23:59:59.999Z" });
  expect((await bank.get(`/risk/blocked/${id}`)).body).toEqual(body);
  for (const expires_at of ["0001-01-01", "1969-12-30"])
    expect(await bank.patch(`/risk/blocked/${id}`, { expires_at }), expires_at).toMatchObject({
      status: 400,
      body: { errors: [{ field: "expires_at", reason: "must be a time from 1970 on" }] },
    });
});
