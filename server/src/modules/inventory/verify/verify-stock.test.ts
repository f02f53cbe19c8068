import { afterAll, beforeAll, expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { openTestStock, type TestStock } from "../../../../tests/stock.ts";
import { buildStocktakeCommand } from "../bookings/book-stock.ts";
import { verifyStock } from "./verify-stock.ts";

let shop: TestStock;
beforeAll(async () => {
  shop = await openTestStock();
  await shop.stock(1, 10);
  await shop.stock(2, 5, { backorderLimit: 3 });
  await shop.carryOut(await shop.reserve([{ productId: 2, quantity: 8 }]));
  const [account] = await shop.accountsOf(1);
  if (account === undefined) throw new Error("no stock");
  const context = { actor: STAFF, assets: shop.assets };
  await shop.carryOut(buildStocktakeCommand(context, { locationId: 1, lines: [{ account, counted: 7 }] }));
  await shop.carryOut(buildStocktakeCommand(context, { locationId: 1, lines: [{ account, counted: 9 }] }));
  await shop.carryOut(buildStocktakeCommand(context, { locationId: 1, lines: [{ account, counted: 9 }] }));
});
afterAll(() => shop.close());

it("finds nothing where all agrees, sold before it arrived or not", async () => {
  expect(await verifyStock(shop.db)).toEqual([]);
});

it("finds an account of units that no product's stock names, and one that is a bank account too", async () => {
  const unit = shop.assets.byCode("UNIT")?.id ?? 0;
  const [stray] = await shop.db<{ id: bigint }[]>`
    INSERT INTO ledger.accounts (asset_id) VALUES (${unit}) RETURNING id`;
  expect(await verifyStock(shop.db)).toMatchObject([
    { check: "stock_accounts", accountId: Number(stray?.id) },
  ]);
  await shop.db`DELETE FROM ledger.accounts WHERE id = ${String(stray?.id)}`;
  const [account] = await shop.accountsOf(1);
  await shop.db`INSERT INTO banking.accounts (id, owner_id, currency) VALUES (${account?.accountId ?? 0}, 'eve', 'UNIT')`;
  const [found] = await verifyStock(shop.db);
  expect(found?.what).toContain("is the bank account of eve");
  await shop.db`DELETE FROM banking.accounts`;
  expect(await verifyStock(shop.db)).toEqual([]);
});

it("finds a product whose account is another one's", async () => {
  await shop.db`ALTER TABLE inventory.stock DROP CONSTRAINT stock_account_id_key`;
  const [one] = await shop.accountsOf(1);
  const [two] = await shop.accountsOf(2);
  await shop.db`UPDATE inventory.stock SET account_id = ${one?.accountId ?? 0} WHERE product_id = 2`;
  const found = await verifyStock(shop.db);
  expect(found.map(({ check }) => check)).toContain("stock_accounts");
  expect(found.map(({ what }) => what).join()).toMatch(/no product's stock names it|counts 2 products/);
  await shop.db`UPDATE inventory.stock SET account_id = ${two?.accountId ?? 0} WHERE product_id = 2`;
});

it("finds more sold than there is", async () => {
  const [account] = await shop.accountsOf(2);
  await shop.db`ALTER TABLE ledger.accounts DROP CONSTRAINT accounts_not_overdrawn`;
  await shop.db`UPDATE ledger.accounts SET credit_limit = 2 WHERE id = ${account?.accountId ?? 0}`;
  expect(await verifyStock(shop.db)).toMatchObject([{ check: "stock_levels", productId: 2 }]);
  await shop.db`UPDATE ledger.accounts SET credit_limit = 3 WHERE id = ${account?.accountId ?? 0}`;
});

it("finds a count whose difference was booked otherwise", async () => {
  await shop.db`UPDATE inventory.stocktake_lines SET counted = counted + 1 WHERE counted = 7`;
  expect(await verifyStock(shop.db)).toMatchObject([{ check: "stocktakes", productId: 1 }]);
  await shop.db`UPDATE inventory.stocktake_lines SET counted = counted - 1 WHERE counted = 8`;
});
