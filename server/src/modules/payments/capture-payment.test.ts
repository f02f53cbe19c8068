import { expect, it } from "vitest";
import { openTestPayments, readSystemBalance } from "../../../tests/payments.ts";
import { shareInFile } from "../../../tests/share-in-file.ts";
import { allOrNothing } from "../ledger/index.ts";
import { type CaptureRequest, capturePayment } from "./capture-payment.ts";
import { verifyPayments } from "./index.ts";
import { statusOf } from "./payment.ts";

const bank = await shareInFile(openTestPayments());

const capture = (id: number, request: Partial<CaptureRequest> = {}, at = bank) =>
  at.act(id, (desk, payment) => capturePayment(desk, payment, { actorId: "staff", ...request }));
/** A card's payment of 12.00 that the provider has authorized. */
const authorized = async () => {
  const { id } = await bank.open();
  return bank.tell(id, { type: "authorized", totalMinor: 1_200n });
};

it("takes what a balance holds, with its tax", async () => {
  const [sales, tax] = [await readSystemBalance(bank, "sales"), await readSystemBalance(bank, "tax")];
  const { id, accountId } = await bank.openBalance();
  const captured = await capture(id);
  expect(statusOf(captured)).toBe("captured");
  expect(captured).toMatchObject({ holdId: null, taxCapturedMinor: 200n, version: 2 });
  expect(await bank.balanceOf(accountId)).toEqual({ balance: 8_800n, held: 0n });
  expect(await readSystemBalance(bank, "sales")).toBe(sales + 1_000n);
  expect(await readSystemBalance(bank, "tax")).toBe(tax + 200n);
});

it("takes parts, with the tax to the last cent, and holds the rest so long", async () => {
  const { id, accountId } = await bank.openBalance({ amountMinor: 1_000n }); // tax 166
  const part = await capture(id, { amountMinor: 333n, keepsRest: true });
  expect(statusOf(part)).toBe("partly_captured");
  expect(await bank.balanceOf(accountId)).toEqual({ balance: 9_667n, held: 667n });
  expect(await capture(id)).toMatchObject({ capturedMinor: 1_000n, taxCapturedMinor: 166n });
  expect(await bank.balanceOf(accountId)).toEqual({ balance: 9_000n, held: 0n });
  expect(await bank.eventsOf(id)).toEqual(["authorized 1000", "captured 333", "captured 667"]);
});

it("gives back what a final capture leaves over", async () => {
  const { id, accountId } = await bank.openBalance();
  const captured = await capture(id, { amountMinor: 200n, taxMinor: 0n });
  expect(captured).toMatchObject({ capturedMinor: 200n, voidedMinor: 1_000n, taxCapturedMinor: 0n });
  expect(await bank.balanceOf(accountId)).toEqual({ balance: 9_800n, held: 0n });
});

it("writes a card's capture down as an attempt: nothing is booked before the provider tells", async () => {
  const clearing = await readSystemBalance(bank, "clearing");
  const { id } = await authorized();
  const asked = await capture(id, { amountMinor: 500n, keepsRest: true });
  expect(asked).toMatchObject({ capturingMinor: 500n, capturedMinor: 0n });
  expect((await bank.attemptsOf(id)).at(-1)).toMatchObject({
    act: "capture",
    state: "created",
    amountMinor: 500n,
    taxMinor: 83n,
    keepsRest: true,
  });
  expect(await readSystemBalance(bank, "clearing")).toBe(clearing);
});

it("marks an invoice paid, also in parts", async () => {
  const { id } = await bank.open({ provider: "manual" });
  expect(statusOf(await capture(id, { amountMinor: 500n }))).toBe("partly_captured");
  const whole = await capture(id);
  expect(whole).toMatchObject({ capturedMinor: 1_200n, taxCapturedMinor: 200n });
  expect(statusOf(whole)).toBe("captured");
  expect(await readSystemBalance(bank, "world")).not.toBe(0n);
});

it("refuses more than can be captured, and tax that is not in it; nothing is left of a refusal", async () => {
  const { id, accountId } = await bank.openBalance();
  const before = await bank.read(id);
  const refusals: [Partial<CaptureRequest>, string][] = [
    [{ amountMinor: 1_201n }, "capture_exceeds_authorized"],
    [{ amountMinor: 0n }, "capture_exceeds_authorized"],
    [{ amountMinor: 100n, taxMinor: 101n }, "tax_exceeds_payment"],
    [{ amountMinor: 100n, taxMinor: -1n }, "tax_exceeds_payment"],
    [{ amountMinor: 900n, taxMinor: 201n }, "tax_exceeds_payment"],
  ];
  for (const [request, code] of refusals) await expect(capture(id, request)).rejects.toMatchObject({ code });
  expect(await bank.read(id)).toEqual(before);
  expect(await bank.balanceOf(accountId)).toEqual({ balance: 10_000n, held: 1_200n });
  await capture(id);
  await expect(capture(id)).rejects.toMatchObject({ code: "capture_exceeds_authorized" });
});

it("refuses a card's second capture while the first is under way", async () => {
  const { id } = await authorized();
  await capture(id);
  await expect(capture(id)).rejects.toMatchObject({ code: "payment_in_flight" });
  expect(await bank.attemptsOf(id)).toHaveLength(2);
});

it("refuses what the ledger refuses of a frozen account, and keeps the hold", async () => {
  const { id, accountId } = await bank.openBalance();
  const before = await bank.read(id);
  await bank.setAccount(accountId, "frozen");
  await expect(capture(id)).rejects.toMatchObject({ code: "account_frozen" });
  expect(await bank.read(id)).toEqual(before);
  expect(await bank.eventsOf(id)).toEqual(["authorized 1200"]);
  expect(await bank.balanceOf(accountId)).toEqual({ balance: 10_000n, held: 1_200n });
});

it("takes back what it left where the command around it refuses", async () => {
  const { id, accountId } = await bank.openBalance();
  const before = await bank.read(id);
  await bank.act(id, (desk, payment) =>
    allOrNothing(desk.book, {
      decide: () => void capturePayment(desk, payment, { actorId: "staff" }),
      failed: () => true,
    }),
  );
  expect(await bank.read(id)).toEqual(before);
  expect(await bank.eventsOf(id)).toEqual(["authorized 1200"]);
  expect(await bank.balanceOf(accountId)).toEqual({ balance: 10_000n, held: 1_200n });
});

it("captures once where two want to at once, also at two processes", async () => {
  const other = await openTestPayments({ databaseUrl: bank.databaseUrl });
  for (const second of [bank, other]) {
    const { id, accountId } = await bank.openBalance();
    const both = await Promise.allSettled([capture(id), capture(id, {}, second)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(await bank.balanceOf(accountId)).toEqual({ balance: 8_800n, held: 0n });
  }
  await other.close();
});

it("payments, their events and the ledger agree after all of it", async () => {
  expect((await verifyPayments(bank.db)).differences).toEqual([]);
});
