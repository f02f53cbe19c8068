import { afterAll, beforeAll, expect, it } from "vitest";
import { answerOf, openTestDesk, STAFF, type TestDesk } from "../../../tests/desk.ts";
import { openTestPayment } from "../../../tests/payments.ts";
import { AppError } from "../../values/app-error.ts";
import type { Desk } from "../desk/index.ts";
import { allOrNothing } from "../ledger/index.ts";
import {
  cancelPayment,
  capturePayment,
  getPayment,
  PAYMENTS,
  type Payment,
  refundPayment,
  scopeOf,
  statusOf,
  voidPayment,
} from "./index.ts";
import { selectEvents } from "./payment-store.ts";

let bank: TestDesk;
let account: number;
beforeAll(async () => {
  bank = await openTestDesk();
});
afterAll(() => bank.close());

/** Opens a payment of 12.00 with 2.00 tax from an account that has 100.00. */
async function open(amountMinor = 1_200n): Promise<Payment> {
  account = await bank.openAccount({ owner: "alice", balance: 10_000n });
  return pay(amountMinor, account);
}

function pay(amountMinor: bigint, accountId: number): Promise<Payment> {
  return openTestPayment(bank, { provider: "balance", amountMinor, accountId });
}

async function act(id: number, decide: (desk: Desk, payment: Payment) => unknown): Promise<Payment> {
  const known = await getPayment(bank.db, id);
  const outcome = await bank.desk.submit({
    event: "payment.test",
    actor: STAFF,
    scope: scopeOf(bank.assets, [known]),
    needs: [{ reader: PAYMENTS, ids: [id] }],
    decide: (desk) => {
      const payment = desk.rows.of(PAYMENTS).get(id);
      const decided = payment === undefined ? new Error("no payment") : decide(desk, payment);
      return decided instanceof AppError ? decided : { answer: "{}", counted: [] };
    },
  });
  answerOf(outcome);
  return getPayment(bank.db, id);
}

const by = { actorId: "staff" };
const systemBalance = async (name: string) => {
  const id = bank.assets.systemAccount(bank.assets.byCode("EUR")?.id ?? 0, name as "sales");
  const [row] = await bank.db<{ balance: string }[]>`
    SELECT coalesce(sum(credits_posted - debits_posted), 0)::text AS balance FROM ledger.system_balances WHERE account_id = ${id}`;
  return BigInt(row?.balance ?? 0);
};

it("holds the amount when it is opened, and takes it with its tax when it is captured", async () => {
  const [sales, tax] = [await systemBalance("sales"), await systemBalance("tax")];
  const opened = await open();
  expect(opened).toMatchObject({ authorizedMinor: 1_200n, capturedMinor: 0n });
  expect(statusOf(opened)).toBe("authorized");
  expect(await bank.balanceOf(account)).toEqual({ balance: 10_000n, held: 1_200n });
  const captured = await act(opened.id, (desk, payment) => capturePayment(desk, payment, by));
  expect(statusOf(captured)).toBe("captured");
  expect(captured).toMatchObject({ holdId: null, taxCapturedMinor: 200n });
  expect(await bank.balanceOf(account)).toEqual({ balance: 8_800n, held: 0n });
  expect(await systemBalance("sales")).toBe(sales + 1_000n);
  expect(await systemBalance("tax")).toBe(tax + 200n);
});

it("captures in parts, with the tax to the last cent, and refunds in parts", async () => {
  const { id } = await open(1_000n); // tax 166
  const part = await act(id, (desk, p) =>
    capturePayment(desk, p, { ...by, amountMinor: 333n, keepsRest: true }),
  );
  expect(statusOf(part)).toBe("partly_captured");
  expect(await bank.balanceOf(account)).toEqual({ balance: 9_667n, held: 667n });
  const all = await act(id, (desk, p) => capturePayment(desk, p, by));
  expect(all).toMatchObject({ capturedMinor: 1_000n, taxCapturedMinor: 166n });
  await act(id, (desk, p) => refundPayment(desk, p, { ...by, amountMinor: 1n, reason: "a scratch" }));
  const refunded = await act(id, (desk, p) => refundPayment(desk, p, by));
  expect(statusOf(refunded)).toBe("refunded");
  expect(refunded).toMatchObject({ taxReturnedMinor: 166n });
  expect(await bank.balanceOf(account)).toEqual({ balance: 10_000n, held: 0n });
  expect((await selectEvents(bank.db, id)).map(({ type, amountMinor }) => `${type} ${amountMinor}`)).toEqual([
    "authorized 1000",
    "captured 333",
    "captured 667",
    "refunded 1",
    "refunded 999",
  ]);
});

it("gives the rest of a final capture back, and voids what is not captured", async () => {
  const { id } = await open();
  const captured = await act(id, (desk, p) => capturePayment(desk, p, { ...by, amountMinor: 200n }));
  expect(captured).toMatchObject({ capturedMinor: 200n, voidedMinor: 1_000n });
  expect(await bank.balanceOf(account)).toEqual({ balance: 9_800n, held: 0n });
  const other = await pay(500n, account);
  const voided = await act(other.id, (desk, p) => voidPayment(desk, p, by));
  expect(statusOf(voided)).toBe("voided");
  expect(await bank.balanceOf(account)).toEqual({ balance: 9_800n, held: 0n });
});

it("cancels a partly captured payment: the rest is free, the captured part refunded", async () => {
  const { id } = await open();
  await act(id, (desk, p) => capturePayment(desk, p, { ...by, amountMinor: 200n, keepsRest: true }));
  const cancelled = await act(id, (desk, p) => cancelPayment(desk, p, by));
  expect(statusOf(cancelled)).toBe("refunded");
  expect(await bank.balanceOf(account)).toEqual({ balance: 10_000n, held: 0n });
});

it("refuses what is more than there is, and then changes nothing", async () => {
  const { id } = await open();
  await expect(pay(9_000n, account)).rejects.toMatchObject({ code: "insufficient_funds" });
  const refusal = (code: string) => expect.objectContaining({ code });
  const before = await getPayment(bank.db, id);
  await expect(act(id, (desk, p) => capturePayment(desk, p, { ...by, amountMinor: 1_201n }))).rejects.toEqual(
    refusal("capture_exceeds_authorized"),
  );
  await expect(act(id, (desk, p) => refundPayment(desk, p, by))).rejects.toEqual(
    refusal("refund_exceeds_captured"),
  );
  await expect(
    act(id, (desk, p) => capturePayment(desk, p, { ...by, amountMinor: 100n, taxMinor: 101n })),
  ).rejects.toEqual(refusal("tax_exceeds_payment"));
  expect(await getPayment(bank.db, id)).toEqual(before);
});

it("takes back what it left where the command around it refuses", async () => {
  const { id } = await open();
  const before = await getPayment(bank.db, id);
  await act(id, (desk, payment) =>
    allOrNothing(desk.book, {
      decide: () => void capturePayment(desk, payment, by),
      failed: () => true,
    }),
  );
  expect(await getPayment(bank.db, id)).toEqual(before);
  expect(await selectEvents(bank.db, id)).toHaveLength(1);
  expect(await bank.balanceOf(account)).toEqual({ balance: 10_000n, held: 1_200n });
});

it("captures once where two want to at once", async () => {
  const { id } = await open();
  const both = await Promise.allSettled([1, 2].map(() => act(id, (desk, p) => capturePayment(desk, p, by))));
  expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(await bank.balanceOf(account)).toEqual({ balance: 8_800n, held: 0n });
});
