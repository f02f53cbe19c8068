import { expect, it } from "vitest";
import { findMovement, type RecordedTransfer } from "./movement.ts";

const [ALICE, BOB, CAROL] = [1, 2, 3];
const [SALES, TAX, CLEARING, DOLLARS, EUROS] = [101, 102, 103, 104, 105];

function transfer(
  debitAccountId: number,
  creditAccountId: number,
  [amount, assetId = 1]: readonly [amount: bigint, assetId?: number],
): RecordedTransfer {
  const after = (accountId: number) => (accountId > 100 ? null : 0n);
  const [debitAfter, creditAfter] = [after(debitAccountId), after(creditAccountId)];
  return { id: 1, journalId: 1, debitAccountId, creditAccountId, amount, debitAfter, creditAfter, assetId };
}

const seenBy = (transfers: readonly RecordedTransfer[], ...own: number[]) => {
  const found = findMovement(transfers, new Set(own));
  return found && [found.debit.accountId, found.credit.accountId, found.amount, found.assetId];
};

it("F6-2 tells a refund by what the customer got, a sale by what they paid", () => {
  const refund = [transfer(TAX, SALES, [200n]), transfer(SALES, ALICE, [1_200n])];
  expect(seenBy(refund, ALICE)).toEqual([SALES, ALICE, 1_200n, 1]);
  expect(seenBy(refund)).toEqual([SALES, ALICE, 1_200n, 1]);
  const sale = [transfer(ALICE, SALES, [1_200n]), transfer(SALES, TAX, [200n])];
  expect(seenBy(sale)).toEqual([ALICE, SALES, 1_200n, 1]);
  const byCard = [transfer(CLEARING, SALES, [1_200n]), transfer(SALES, TAX, [200n])];
  expect(seenBy(byCard)).toEqual([CLEARING, SALES, 1_200n, 1]);
});

it("F6-2 tells an exchange in the currency of whoever looks", () => {
  const exchange = [transfer(ALICE, DOLLARS, [1_000n, 1]), transfer(EUROS, BOB, [900n, 2])];
  expect(seenBy(exchange, ALICE)).toEqual([ALICE, BOB, 1_000n, 1]);
  expect(seenBy(exchange, BOB)).toEqual([ALICE, BOB, 900n, 2]);
  expect(seenBy(exchange, ALICE, BOB)).toEqual([ALICE, BOB, 1_000n, 1]);
  expect(seenBy(exchange)).toEqual([ALICE, BOB, 1_000n, 1]);
});

it("F6-2 tells of many transfers what remains of them for an account", () => {
  const payroll = [
    transfer(ALICE, BOB, [500n]),
    transfer(ALICE, CAROL, [700n]),
    transfer(CAROL, ALICE, [100n]),
  ];
  expect(seenBy(payroll, ALICE)).toEqual([ALICE, BOB, 1_100n, 1]);
  expect(seenBy(payroll, CAROL)).toEqual([ALICE, CAROL, 600n, 1]);
  expect(seenBy([])).toBeUndefined();
});
