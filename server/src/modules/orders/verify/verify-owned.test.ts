import { expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { ALICE, NO_TRACKING, openTestOrders } from "../../../../tests/orders.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import type { BookCommand } from "../../desk/index.ts";
import {
  captureHold,
  findReversible,
  isRefusal,
  type JournalRequest,
  ledgerError,
  type Owner,
  postJournal,
  type Refusal,
  verifyBook,
} from "../../ledger/index.ts";
import { verifyPayments } from "../../payments/index.ts";
import { shipOrder } from "../fulfilment/ship-order.ts";
import { verifyOrders } from "./verify-orders.ts";

const shop = await shareInFile(openTestOrders());

async function placeByBalance(): Promise<{ id: string; accountId: number }> {
  const accountId = await shop.openAccount({ owner: ALICE.id, currency: "USD", balance: 10_000n });
  const product = await shop.addProduct(5);
  const { id } = await shop.place([[product, 1]], { paymentMethod: "balance", accountId });
  return { id, accountId };
}

/** Books past the commands of the owner, as a program with a fault would. */
function bookBehind(
  scope: BookCommand["scope"],
  book: (desk: Parameters<BookCommand["decide"]>[0]) => object | Refusal,
): Promise<unknown> {
  return shop.carryOut({
    event: "test.behind",
    actor: STAFF,
    scope,
    decide: (desk) => {
      const outcome = book(desk);
      return isRefusal(outcome)
        ? ledgerError(outcome.refused, outcome.details)
        : { answer: "{}", counted: [] };
    },
  });
}

function post(request: Pick<JournalRequest, "transfers" | "owner" | "reversedId">): Promise<unknown> {
  const accountIds = request.transfers.flatMap((each) => [each.debitAccountId, each.creditAccountId]);
  const reversedIds = request.reversedId === undefined ? [] : [request.reversedId];
  const kind = request.owner === undefined ? "SYSTEM_ADJUSTMENT" : "ORDER_REFUND";
  return bookBehind({ accountIds, reversedIds, stampCount: 4 }, (desk) =>
    postJournal(desk.book, { kind, actorId: STAFF.id, ...request }),
  );
}

async function lastJournal(): Promise<number> {
  const [row] = await shop.db<{ id: bigint }[]>`
    SELECT max(journal_id) AS id FROM payments.events WHERE type = 'captured'`;
  return Number(row?.id);
}

it("F6-1 finds a sale that was reversed behind its order", async () => {
  const { id } = await placeByBalance();
  await shop.act(id, shipOrder(shop.services, NO_TRACKING));
  const before = await verifyBook(shop.db, { readOnly: true, full: true });
  expect(before.differences).toEqual([]);
  const reversedId = await lastJournal();
  const sale = await findReversible(shop.db, reversedId);
  const transfers = (sale?.transfers ?? []).map(({ debitAccountId, creditAccountId, amount }) => ({
    debitAccountId: creditAccountId,
    creditAccountId: debitAccountId,
    amount,
  }));
  await post({ transfers: transfers.reverse(), reversedId });
  const { differences } = await verifyBook(shop.db, { readOnly: true, full: true });
  expect(differences).toContainEqual(
    expect.objectContaining({ check: "owners", what: expect.stringContaining(`order ${id}`) }),
  );
});

it("F6-1 finds money that was paid out in the name of an order, a payment or a credit note, and none of them knows", async () => {
  const { id, accountId } = await placeByBalance();
  const usd = shop.assets.byCode("USD")?.id ?? 0;
  const sales = shop.assets.systemAccount(usd, "sales");
  const transfers = [{ debitAccountId: sales, creditAccountId: accountId, amount: 1_200n }];
  expect((await verifyPayments(shop.db)).differences).toEqual([]);
  expect((await verifyOrders(shop.db)).differences).toEqual([]);
  const owner: Owner = { type: "order", id: Number(id) };
  await post({ transfers, owner });
  expect((await verifyPayments(shop.db)).differences).toMatchObject([{ check: "payment_owners" }]);
  await post({ transfers, owner: { type: "credit_note", id: 1 } });
  expect((await verifyOrders(shop.db)).differences).toMatchObject([{ check: "order_refunds" }]);
});

it("F6-1 finds a hold of an order's money that was captured behind it; the book itself refuses who is not its owner", async () => {
  const { id, accountId } = await placeByBalance();
  const [hold] = await shop.db<{ id: bigint; credit_account_id: bigint }[]>`
    SELECT id, credit_account_id FROM ledger.holds WHERE debit_account_id = ${accountId}`;
  const holdId = Number(hold?.id);
  const accountIds = [accountId, Number(hold?.credit_account_id)];
  const capture = (owner?: Owner) =>
    bookBehind({ accountIds, holdIds: [holdId], stampCount: 1 }, (desk) =>
      captureHold(desk.book, { holdId, owner }),
    );
  const stranger = { type: "payment", id: Number(id) } as const;
  const refusal = { code: "owned_by_another", details: { owned_by: { type: "order", id } } };
  await expect(capture()).rejects.toMatchObject(refusal);
  await expect(capture(stranger)).rejects.toMatchObject(refusal);
  await capture({ type: "order", id: Number(id) });
  const { differences } = await verifyPayments(shop.db);
  expect(differences).toContainEqual(expect.objectContaining({ check: "payment_owners", holdId }));
});
