import { expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import { OWNER, openTestStock, type TestStock } from "../../../../tests/stock.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { AppError } from "../../../values/app-error.ts";
import { verifyBook } from "../../ledger/index.ts";
import { addLocation } from "../stock/location.ts";
import { ensureStock } from "../stock/open-stock.ts";
import { buildReceiptCommand } from "./book-stock.ts";
import { returnStock, shipStock, stockScope } from "./reserve-stock.ts";

const shop = await shareInFile(openTestStock());

it("failure 1: of two buyers of the last unit one gets it, in one batch and from two processes", async () => {
  await shop.stock(1, 1);
  const command = await shop.reserve([{ productId: 1, quantity: 1 }]);
  const outcomes = await Promise.all([shop.desk.submit(command), shop.desk.submit(command)]);
  expect(outcomes.map((outcome) => "refused" in outcome)).toEqual([false, true]);
  expect(outcomes[1]).toMatchObject({
    refused: { code: "insufficient_stock", details: { product_id: 1, requested: 1, available: 0 } },
  });
  expect(await shop.levels(1)).toEqual({ balance: 1n, held: 1n });

  await shop.stock(2, 5);
  const other = await openTestStock({ databaseUrl: shop.databaseUrl });
  const one = await shop.reserve([{ productId: 2, quantity: 1 }]);
  const many = await Promise.all(
    Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? shop : other).desk.submit(one)),
  );
  expect(many.filter((outcome) => !("refused" in outcome))).toHaveLength(5);
  expect(await shop.levels(2)).toEqual({ balance: 5n, held: 5n });
  await other.close();
});

it("failure 2: lines of one product in one order fold in sequence", async () => {
  await shop.stock(3, 5);
  const three = { productId: 3, quantity: 3 };
  await expect(shop.carryOut(await shop.reserve([three, three]))).rejects.toMatchObject({
    code: "insufficient_stock",
    details: { requested: 3, available: 2 },
  });
  expect(await shop.levels(3)).toEqual({ balance: 5n, held: 0n });
  await shop.carryOut(await shop.reserve([three, { productId: 3, quantity: 2 }]));
  expect(await shop.levels(3)).toEqual({ balance: 5n, held: 5n });
});

it("failure 3: no change of a counter is lost, whoever else changes it", async () => {
  await shop.stock(4, 1_000);
  const other = await openTestStock({ databaseUrl: shop.databaseUrl });
  const round = async (at: TestStock) => {
    const { holds } = await at.carryOut(await at.reserve([{ productId: 4, quantity: 3 }]));
    if (holds[0] % 2 === 0) await at.carryOut(await at.release(4, holds));
    return holds[0] % 2 === 0 ? 0n : 3n;
  };
  const kept = await Promise.all(Array.from({ length: 60 }, (_, i) => round(i % 2 === 0 ? shop : other)));
  const held = kept.reduce<bigint>((sum, quantity) => sum + quantity, 0n);
  expect(await shop.levels(4)).toEqual({ balance: 1_000n, held });
  await other.close();
});

it("takes from the first location that has some, then from the next, then what may be sold before it arrives", async () => {
  await shop.stock(5, 4, { backorderLimit: 10 });
  const location = { code: "second", name: "Second", priority: 50, sells: true };
  const { id: locationId } = await inTransaction(shop.db, (tx) => addLocation(tx, location));
  const place = { productId: 5, locationId };
  const stock = await inTransaction(shop.db, (tx) => ensureStock(tx, shop.assets, [place]));
  const [main = 0, second = 0] = stock.map(({ accountId }) => accountId);
  const lines = [{ account: { ...place, accountId: second }, quantity: 2 }];
  await shop.carryOut(buildReceiptCommand({ actor: STAFF, assets: shop.assets }, { lines }));
  const other = await openTestStock({ databaseUrl: shop.databaseUrl });

  const { holds } = await other.carryOut(await other.reserve([{ productId: 5, quantity: 9 }]));
  expect(holds).toHaveLength(2);
  expect(await shop.balanceOf(main)).toEqual({ balance: 4n, held: 7n });
  expect(await shop.balanceOf(second)).toEqual({ balance: 2n, held: 2n });
  await expect(other.carryOut(await other.reserve([{ productId: 5, quantity: 8 }]))).rejects.toMatchObject({
    code: "insufficient_stock",
    details: { available: 7 },
  });
  await other.close();
});

it("ships in parts, keeps the rest reserved, and takes goods back", async () => {
  await shop.stock(6, 10);
  const [account] = await shop.accountsOf(6);
  const accountId = account?.accountId ?? 0;
  const { holds } = await shop.carryOut(await shop.reserve([{ productId: 6, quantity: 5 }]));
  const purpose = { reference: "order 6", actorId: STAFF.id, owner: OWNER };
  const ship = (holdId: number, quantity: number) =>
    shop.carryOut({
      event: "test.ship",
      actor: STAFF,
      scope: {
        accountIds: stockScope(shop.assets, account === undefined ? [] : [account]),
        holdIds: [holdId],
        stampCount: 2,
      },
      decide: (desk) => {
        const shipment = shipStock(desk, { id: holdId }, { ...purpose, quantity });
        if (shipment instanceof AppError) return shipment;
        return { answer: JSON.stringify({ rest: shipment.rest?.id ?? null }), counted: [] };
      },
    });
  const { rest } = await ship(holds[0], 2);
  expect(await shop.balanceOf(accountId)).toEqual({ balance: 8n, held: 3n });
  await expect(ship(holds[0], 1)).rejects.toMatchObject({ code: "hold_not_active" });
  await expect(ship(rest, 4)).rejects.toMatchObject({ code: "capture_exceeds_hold" });
  expect(await ship(rest, 3)).toEqual({ rest: null });
  expect(await shop.balanceOf(accountId)).toEqual({ balance: 5n, held: 0n });

  await shop.carryOut({
    event: "test.return",
    actor: STAFF,
    scope: { accountIds: stockScope(shop.assets, account === undefined ? [] : [account]), stampCount: 1 },
    decide: (desk) => {
      const back = returnStock(desk, { ...purpose, productId: 6, accountId, quantity: 4 });
      return back instanceof AppError ? back : { answer: "{}", counted: [] };
    },
  });
  expect(await shop.balanceOf(accountId)).toEqual({ balance: 9n, held: 0n });
});

it("refuses a product that no stock is kept of", async () => {
  await expect(shop.carryOut(await shop.reserve([{ productId: 99, quantity: 1 }]))).rejects.toMatchObject({
    code: "product_not_stocked",
  });
});

it("leaves a book that agrees", async () => {
  expect((await verifyBook(shop.db, { readOnly: true })).differences).toEqual([]);
});
