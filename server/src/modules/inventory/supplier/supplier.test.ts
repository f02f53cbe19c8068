// The supplier's client against a real HTTP server that stalls, drops, lies and recovers.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type Behaviour,
  makeVendorToken,
  startVendor,
  type Vendor,
} from "../../../../tests/servers/vendor.ts";
import { createSupplier, type SupplierError, type SupplierOptions } from "./supplier.ts";

let vendor: Vendor;
beforeEach(async () => {
  vendor = await startVendor();
});
afterEach(async () => {
  vi.useRealTimers();
  await vendor.stop();
});

const open = (options: Partial<SupplierOptions> = {}) =>
  createSupplier({ url: vendor.url, token: makeVendorToken(), timeoutMs: 150, pauseMs: 1, ...options });
const ORDER = { key: "0b9c2c5e-0000-4000-8000-000000000001", sku: "WH-001", quantity: 20 };
const failed = (outcome: SupplierError["outcome"], message: RegExp | string = "") =>
  expect.objectContaining({ name: "SupplierError", outcome, message: expect.stringMatching(message) });

test("tells what is available, and shows its token to nobody else", async () => {
  const supplier = open();
  expect(await supplier.checkAvailability("WH/001 ä")).toEqual({
    sku: "WH/001 ä",
    available: 7,
    leadTimeDays: 3,
  });
  expect(vendor.calls[0]).toMatchObject({
    path: "/products/WH%2F001%20%C3%A4/availability",
    headers: { authorization: `Bearer ${makeVendorToken()}` },
  });
  const other = await startVendor();
  const away = { status: 307, headers: { location: `${other.url}/products/A/availability` } };
  vendor.plan(away, away, away, away);
  await expect(supplier.checkAvailability("A")).rejects.toEqual(failed("unknown"));
  expect(other.calls).toHaveLength(0);
  await other.stop();
});

test("an order whose answer is lost is asked about under the same key, and placed once", async () => {
  vendor.plan("drop_after", "drop", { status: 503 });
  const placed = await open().placeOrder(ORDER);
  expect(vendor.orders.size).toBe(1);
  expect(placed).toMatchObject({ id: vendor.orders.get(ORDER.key)?.id, status: "accepted" });
  expect(vendor.calls.map(({ headers }) => headers["idempotency-key"])).toEqual(Array(4).fill(ORDER.key));
});

test("waits no longer than it was told, tries three more times, and says that it does not know", async () => {
  vendor.plan("stall", "stall", "stall");
  expect(await open().checkAvailability("A")).toMatchObject({ available: 7 });
  vendor.plan("stall", "stall", "stall", "stall");
  await expect(open().placeOrder(ORDER)).rejects.toEqual(failed("unknown", /did not answer within 150 ms/));
  expect(vendor.calls).toHaveLength(8);
});

test("believes no answer that is not about what was asked", async () => {
  const lies: [Behaviour, RegExp][] = [
    [{ lie: { reference: "other" } }, /reference is not what was asked for/],
    [{ lie: { items: [{ sku: "WH-001", quantity: 200 }] } }, /quantity is not what was asked for/],
    [{ lie: { items: [{ sku: "OTHER", quantity: 20 }] } }, /sku is not what was asked for/],
    [{ lie: { items: [...Array(2)].map(() => ({ sku: "WH-001", quantity: 20 })) } }, /more items/],
    [{ lie: { status: "on fire" } }, /status/],
    [{ lie: { id: 7 } }, /id/],
    [{ status: 200, body: "<html>welcome</html>" }, /answer/],
    [{ status: 204 }, /answer/],
    ["huge", /larger than/],
    ["cut", /could not be asked/],
  ];
  for (const [lie, reason] of lies) {
    vendor.plan(lie, lie, lie, lie);
    await expect(open().placeOrder(ORDER)).rejects.toEqual(failed("unknown", reason));
  }
  vendor.plan({ lie: { available: -1 } }, { lie: { available: 1.5 } }, { lie: { sku: "B" } });
  expect(await open().checkAvailability("A")).toMatchObject({ available: 7 });
});

test("a refusal is an answer: it is not repeated, and its reason is told", async () => {
  await expect(open().checkAvailability("NO-1")).rejects.toEqual(failed("refused", /404.*no product NO-1/));
  vendor.plan({ status: 401, body: "{}" });
  await expect(open().placeOrder(ORDER)).rejects.toMatchObject({ outcome: "refused", status: 401 });
  expect(vendor.calls).toHaveLength(2);
});

test("an expired token is not sent", async () => {
  const supplier = open({ token: makeVendorToken(1_000_000_000) });
  await expect(supplier.checkAvailability("A")).rejects.toEqual(
    failed("not_called", /VENDOR_API_TOKEN expired at 2001-09-09/),
  );
  expect(vendor.calls).toHaveLength(0);
});

test("calls so many at once, lets so many wait, and refuses the rest without calling", async () => {
  const supplier = open({ callsMax: 2, waitingMax: 3, timeoutMs: 5_000 });
  const gate = Promise.withResolvers<void>();
  vendor.plan({ until: gate.promise }, { until: gate.promise });
  const asked = Array.from({ length: 7 }, (_, index) =>
    supplier.checkAvailability(`A${index}`).then(
      () => "answered",
      (error: SupplierError) => error.outcome,
    ),
  );
  await vi.waitUntil(() => vendor.calls.length === 2);
  gate.resolve();
  expect((await Promise.all(asked)).sort()).toEqual([
    ...Array(5).fill("answered"),
    "not_called",
    "not_called",
  ]);
  expect(vendor.mostAtOnce()).toBe(2);
});

describe("failure 38: the breaker never stays half-open", () => {
  const REST_MS = 60_000;
  const rest = () => vi.setSystemTime(Date.now() + REST_MS);

  /** A client whose breaker has just opened. */
  async function openBroken() {
    vi.useFakeTimers({ toFake: ["Date"] });
    const supplier = open({ retries: 0, breaksAfter: 3, restMs: REST_MS });
    vendor.plan({ status: 500 }, { status: 500 }, { status: 500 });
    for (let call = 0; call < 3; call++)
      await expect(supplier.checkAvailability("A")).rejects.toEqual(failed("unknown"));
    await expectOpen(supplier);
    return supplier;
  }
  async function expectOpen(supplier: ReturnType<typeof open>) {
    const count = vendor.calls.length;
    await expect(supplier.checkAvailability("A")).rejects.toEqual(failed("not_called", /left alone/));
    expect(vendor.calls).toHaveLength(count);
  }
  async function expectClosed(supplier: ReturnType<typeof open>) {
    vendor.plan({ status: 500 });
    await expect(supplier.checkAvailability("A")).rejects.toEqual(failed("unknown"));
    expect(await supplier.checkAvailability("A")).toMatchObject({ available: 7 });
  }

  test("closed → open after failures in a row; a success between them starts the count anew", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const supplier = open({ retries: 0, breaksAfter: 2, restMs: REST_MS });
    vendor.plan({ status: 500 });
    await expect(supplier.checkAvailability("A")).rejects.toEqual(failed("unknown"));
    await supplier.checkAvailability("A");
    await expectClosed(supplier);
  });

  test("open → half-open → closed, when the first call after the rest is answered", async () => {
    const supplier = await openBroken();
    rest();
    expect(await supplier.checkAvailability("A")).toMatchObject({ available: 7 });
    await expectClosed(supplier);
  });

  test.each<[string, Behaviour]>([
    ["fails", { status: 500 }],
    ["runs out of time", "stall"],
    ["is dropped", "drop"],
    ["is answered with a lie", { lie: { sku: "B" } }],
  ])("half-open → open, when the first call %s; and closed after the next rest", async (_how, behaviour) => {
    const supplier = await openBroken();
    rest();
    vendor.plan(behaviour);
    await expect(supplier.checkAvailability("A")).rejects.toEqual(failed("unknown"));
    await expectOpen(supplier);
    rest();
    expect(await supplier.checkAvailability("A")).toMatchObject({ available: 7 });
    await expectClosed(supplier);
  });

  test("half-open → closed, when the answer is a refusal: the system works", async () => {
    const supplier = await openBroken();
    rest();
    await expect(supplier.checkAvailability("NO-1")).rejects.toEqual(failed("refused"));
    await expectClosed(supplier);
  });

  test("a first call that its caller gives up leaves nothing half-open", async () => {
    const supplier = await openBroken();
    rest();
    const caller = new AbortController();
    vendor.plan("stall");
    const count = vendor.calls.length;
    const asked = expect(supplier.checkAvailability("A", caller.signal)).rejects.toEqual(failed("unknown"));
    await vi.waitUntil(() => vendor.calls.length > count);
    caller.abort();
    await asked;
    rest();
    expect(await supplier.checkAvailability("A")).toMatchObject({ available: 7 });
    await expectClosed(supplier);
  });

  test("while the first call is under way the others wait, and share its fate", async () => {
    const supplier = await openBroken();
    rest();
    const count = vendor.calls.length;
    const gate = Promise.withResolvers<void>();
    vendor.plan({ until: gate.promise });
    const asked = Array.from({ length: 5 }, () => supplier.checkAvailability("A"));
    await vi.waitUntil(() => vendor.calls.length > count);
    expect(vendor.calls).toHaveLength(count + 1);
    gate.resolve();
    expect(await Promise.all(asked)).toHaveLength(5);
    expect(vendor.calls).toHaveLength(count + 5);
  });
});
