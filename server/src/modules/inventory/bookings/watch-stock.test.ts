import { expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import { openTestStock } from "../../../../tests/stock.ts";
import { createLog } from "../../../runtime/log.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { buildReceiptCommand } from "./book-stock.ts";
import { type Availability, lookAtProducts, startStockWatch, sweepStock } from "./watch-stock.ts";

const shop = await shareInFile(openTestStock());

const look = (productId: number) =>
  inTransaction(shop.db, (tx) => lookAtProducts(tx, [productId], undefined));
const sell = async (productId: number, quantity: number): Promise<number[]> =>
  (await shop.carryOut(await shop.reserve([{ productId, quantity }]))).holds;

async function alerts(): Promise<object[]> {
  const rows = await shop.db<{ topic: string; payload: string }[]>`
    SELECT topic, payload::text AS payload FROM jobs.outbox WHERE topic IN ('stock.low', 'stock.recovered') ORDER BY id`;
  return rows.map(({ topic, payload }) => ({ topic, ...JSON.parse(payload) }));
}

it("raises one alert for each crossing of the threshold, not one for each sale, whoever looks", async () => {
  await shop.stock(1, 10, { lowStockThreshold: 5 });
  await sell(1, 4);
  await look(1);
  expect(await alerts()).toEqual([]);
  const holds = await sell(1, 1);
  await Promise.all([look(1), look(1), look(1)]);
  await sell(1, 2);
  await look(1);
  const low = { topic: "stock.low", product_id: 1, available: 5, threshold: 5 };
  expect(await alerts()).toEqual([low]);
  await shop.carryOut(await shop.release(1, holds));
  await look(1);
  expect(await alerts()).toEqual([low]);

  const [account] = await shop.accountsOf(1);
  if (account === undefined) throw new Error("no stock");
  const receipt = { lines: [{ account, quantity: 20 }] };
  await shop.carryOut(buildReceiptCommand({ actor: STAFF, assets: shop.assets }, receipt));
  await look(1);
  await sell(1, 20);
  await look(1);
  expect(await alerts()).toMatchObject([
    low,
    { topic: "stock.recovered" },
    { topic: "stock.low", available: 4 },
  ]);
});

it("counts only what is there against the threshold, and tells the catalog what may be sold", async () => {
  await shop.stock(2, 1, { lowStockThreshold: 1, backorderLimit: 100 });
  const noted: Availability[] = [];
  const noteAvailability = async (_tx: unknown, rows: readonly Availability[]) => noted.push(...rows);
  await inTransaction(shop.db, (tx) => lookAtProducts(tx, [2], noteAvailability));
  expect(noted).toEqual([{ productId: 2, available: 101 }]);
  expect(await alerts()).toContainEqual({ topic: "stock.low", product_id: 2, available: 1, threshold: 1 });
});

it("finds in a sweep what a killed process had not looked at", async () => {
  await shop.stock(3, 3, { lowStockThreshold: 2 });
  await sell(3, 1);
  expect(await sweepStock({ db: shop.db })).toBe(3);
  expect(await alerts()).toContainEqual({ topic: "stock.low", product_id: 3, available: 2, threshold: 2 });
});

it("looks at what it was told of before it stops", async () => {
  await shop.stock(4, 3, { lowStockThreshold: 2 });
  const directory = { refresh: async () => undefined };
  const watch = startStockWatch({ db: shop.db, log: createLog("silent"), directory });
  await sell(4, 2);
  const [account] = await shop.accountsOf(4);
  watch.notice([account?.accountId ?? 0, 999_999]);
  await watch.stop();
  expect(await alerts()).toContainEqual({ topic: "stock.low", product_id: 4, available: 1, threshold: 2 });
});
