import { afterAll, beforeAll, expect, it } from "vitest";
import { keyed, readTopics, STAFF } from "../../../../tests/desk.ts";
import { openTestStock, type TestStock } from "../../../../tests/stock.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import type { BookCommand } from "../../desk/index.ts";
import { addLocation } from "../stock/location.ts";
import { ensureStock } from "../stock/open-stock.ts";
import type { StockAccount } from "../stock/stock.ts";
import {
  buildAdjustmentCommand,
  buildReceiptCommand,
  buildStockTransferCommand,
  buildStocktakeCommand,
} from "./book-stock.ts";

let shop: TestStock;
let nextProduct = 1;
beforeAll(async () => {
  shop = await openTestStock();
});
afterAll(() => shop.close());

const contextOf = (key?: string) => ({
  actor: STAFF,
  assets: shop.assets,
  key: key === undefined ? undefined : keyed(STAFF, key),
});

/** A product of which `quantity` lies at the main location, and its account there. */
async function setUp(quantity: number): Promise<StockAccount> {
  const productId = nextProduct++;
  await shop.stock(productId, quantity);
  const [account] = await shop.accountsOf(productId);
  if (account === undefined) throw new Error("no stock was opened");
  return account;
}

async function openSecondPlace({ productId }: StockAccount): Promise<StockAccount> {
  const { db, assets } = shop;
  const location = { code: "second", name: "Second", priority: 50, sells: true };
  const { id: locationId } = await inTransaction(db, (tx) => addLocation(tx, location));
  const stock = await inTransaction(db, (tx) => ensureStock(tx, assets, [{ productId, locationId }]));
  const account = stock.find((place) => place.locationId === locationId);
  if (account === undefined) throw new Error("no second place was opened");
  return account;
}

const bookingsOf = async ({ accountId }: StockAccount) => {
  const rows = await shop.db<{ id: string }[]>`
    SELECT id::text AS id FROM ledger.transfers
    WHERE debit_account_id = ${accountId} OR credit_account_id = ${accountId}`;
  return rows.length;
};

it("books goods in, line by line, with a journal for each and one event", async () => {
  const [a, b] = [await setUp(5), await setUp(0)];
  const lines = [
    { account: a, quantity: 3 },
    { account: b, quantity: 7 },
  ];
  const booked = await shop.carryOut(buildReceiptCommand(contextOf(), { lines, reference: "delivery 1" }));
  expect(booked).toMatchObject({
    reference: "delivery 1",
    items: [
      { product_id: a.productId, quantity: 3, on_hand: 8, reserved: 0, available: 8 },
      { product_id: b.productId, quantity: 7, on_hand: 7 },
    ],
  });
  expect(booked.items[0].id).not.toBe(booked.items[1].id);
  expect((await readTopics(shop.db)).at(-1)).toBe("stock.received");
});

it("corrects up and down, and refuses to lose what is reserved, all lines or none", async () => {
  const [a, b] = [await setUp(5), await setUp(5)];
  const lines = [
    { account: a, quantity: -2, reason: "damaged" },
    { account: b, quantity: 1, reason: "found" },
  ] as const;
  expect(await shop.carryOut(buildAdjustmentCommand(contextOf(), { lines }))).toMatchObject({
    items: [
      { quantity: -2, reason: "damaged", on_hand: 3 },
      { quantity: 1, reason: "found", on_hand: 6 },
    ],
  });
  await shop.carryOut(await shop.reserve([{ productId: b.productId, quantity: 5 }]));
  const before = await readTopics(shop.db);
  const tooMuch = [
    { account: a, quantity: -1 },
    { account: b, quantity: -2 },
  ];
  await expect(shop.carryOut(buildAdjustmentCommand(contextOf(), { lines: tooMuch }))).rejects.toMatchObject({
    code: "insufficient_stock",
    details: {
      product_id: b.productId,
      requested: 2,
      available: 1,
      fields: [{ field: "items[1].quantity", reason: expect.stringContaining("2 would leave it") }],
    },
  });
  expect(await shop.levels(a.productId)).toEqual({ balance: 3n, held: 0n });
  expect(await shop.levels(b.productId)).toEqual({ balance: 6n, held: 5n });
  expect(await readTopics(shop.db)).toEqual(before);
});

it("moves goods between places, no more than are free there", async () => {
  const from = await setUp(5);
  const to = await openSecondPlace(from);
  const move = (quantity: number) =>
    shop.carryOut(buildStockTransferCommand(contextOf(), { lines: [{ account: from, quantity, to }] }));
  expect(await move(3)).toMatchObject({
    items: [{ quantity: 3, to_location_id: to.locationId, on_hand: 2 }],
  });
  await expect(move(3)).rejects.toMatchObject({ code: "insufficient_stock", details: { available: 2 } });
  expect(await shop.balanceOf(from.accountId)).toEqual({ balance: 2n, held: 0n });
  expect(await shop.balanceOf(to.accountId)).toEqual({ balance: 3n, held: 0n });
});

it("books what a count differs by; what was sold since counting began is no difference", async () => {
  const [a, b] = [await setUp(10), await setUp(4)];
  const lines = [
    { account: a, counted: 9, expected: 12 }, // two were sold meanwhile: three are missing, not one
    { account: b, counted: 4 },
  ];
  const count = await shop.carryOut(buildStocktakeCommand(contextOf(), { locationId: 1, lines }));
  expect(count.items).toMatchObject([
    { product_id: a.productId, counted: 9, expected: 12, difference: -3, on_hand: 7 },
    { product_id: b.productId, counted: 4, expected: 4, difference: 0, movement_id: null, on_hand: 4 },
  ]);
  expect(
    await shop.db`SELECT counted::int FROM inventory.stocktake_lines WHERE stocktake_id = ${count.id} ORDER BY 1`,
  ).toEqual([{ counted: 4 }, { counted: 9 }]);
});

it("keeps no count where a difference cannot be booked", async () => {
  const account = await setUp(2);
  await shop.carryOut(await shop.reserve([{ productId: account.productId, quantity: 2 }]));
  const [before] = await shop.db`SELECT count(*)::int AS count FROM inventory.stocktakes`;
  await expect(
    shop.carryOut(buildStocktakeCommand(contextOf(), { locationId: 1, lines: [{ account, counted: 1 }] })),
  ).rejects.toMatchObject({ code: "insufficient_stock" });
  expect((await shop.db`SELECT count(*)::int AS count FROM inventory.stocktakes`)[0]).toEqual(before);
});

it("answers a repeated key with the first answer, also of two at once, and books once", async () => {
  const account = await setUp(5);
  const lines = [{ account, quantity: 3 }];
  const command = buildReceiptCommand(contextOf("delivery"), { lines });
  const [first, second] = await Promise.all([shop.carryOut(command), shop.carryOut(command)]);
  expect(second).toEqual(first);
  expect(await shop.carryOut(command)).toEqual(first);
  expect(await shop.levels(account.productId)).toEqual({ balance: 8n, held: 0n });
});

it("leaves nothing behind where the commit fails", async () => {
  const account = await setUp(5);
  const [bookings, topics] = [await bookingsOf(account), await readTopics(shop.db)];
  await shop.db`ALTER TABLE ledger.accounts ADD CONSTRAINT broken CHECK (credits_posted <> 782) NOT VALID`;
  const command: BookCommand = buildReceiptCommand(contextOf("broken"), {
    lines: [{ account, quantity: 777 }],
  });
  await expect(shop.carryOut(command)).rejects.toThrow("broken");
  await shop.db`ALTER TABLE ledger.accounts DROP CONSTRAINT broken`;
  expect(await bookingsOf(account)).toBe(bookings);
  expect(await readTopics(shop.db)).toEqual(topics);
  expect(await shop.carryOut(command)).toMatchObject({ items: [{ on_hand: 782 }] });
});

it("never writes off more than is there, however many processes do it at once", async () => {
  const account = await setUp(5);
  const other = await openTestStock({ databaseUrl: shop.databaseUrl });
  const command = buildAdjustmentCommand(contextOf(), { lines: [{ account, quantity: -1 }] });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? shop : other).carryOut(command)),
  );
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
  expect(await shop.levels(account.productId)).toEqual({ balance: 0n, held: 0n });
  await other.close();
});
