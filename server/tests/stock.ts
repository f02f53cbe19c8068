// Stock at a test's desk: products with what lies there, and commands that reserve, ship and take back, as orders do.
import type { BookCommand, Decision } from "../src/modules/desk/index.ts";
import {
  createStockDirectory,
  type NewStock,
  openStock,
  releaseStock,
  reserveStock,
  type StockAccount,
  stockScope,
} from "../src/modules/inventory/index.ts";
import { allOrNothing, type Owner } from "../src/modules/ledger/index.ts";
import { inTransaction } from "../src/runtime/transaction.ts";
import { AppError } from "../src/values/app-error.ts";
import { openTestDesk, STAFF, type TestDesk } from "./desk.ts";

/** Whose what is reserved here is. */
export const OWNER: Owner = { type: "order", id: 1 };

export interface StockLine {
  readonly productId: number;
  readonly quantity: number;
}

export interface TestStock extends TestDesk {
  /** Opens the product's stock at the main location, or another. */
  readonly stock: (
    productId: number,
    quantity: number,
    options?: Partial<Omit<NewStock, "productId" | "initialQuantity">>,
  ) => Promise<void>;
  readonly accountsOf: (productId: number) => Promise<readonly StockAccount[]>;
  /** A command that reserves all lines or none, as an order of them does. Its answer lists the holds' ids. */
  readonly reserve: (lines: readonly StockLine[], expiresInSeconds?: number) => Promise<BookCommand>;
  readonly release: (productId: number, holdIds: readonly number[]) => Promise<BookCommand>;
  /** On hand and reserved of the product's first account. */
  readonly levels: (productId: number) => Promise<{ balance: bigint; held: bigint }>;
}

export async function openTestStock(options: { databaseUrl?: string } = {}): Promise<TestStock> {
  const desk = await openTestDesk(options);
  const { db, assets } = desk;
  const directory = createStockDirectory(db);
  const accountsOf = async (productId: number) => (await directory.stockOf([productId])).get(productId) ?? [];
  return {
    ...desk,
    accountsOf,
    stock: (productId, initialQuantity, more = {}) =>
      inTransaction(db, (tx) => openStock(tx, assets, { productId, initialQuantity, actor: STAFF, ...more })),
    reserve: async (lines, expiresInSeconds) => {
      const stock = await directory.stockOf(lines.map(({ productId }) => productId));
      const accounts = [...stock.values()].flat();
      const stampCount = lines.length * accounts.length;
      return reserveCommand(lines, {
        stock,
        expiresInSeconds,
        accountIds: stockScope(assets, accounts),
        stampCount,
      });
    },
    release: async (productId, holdIds) => {
      const accountIds = stockScope(assets, await accountsOf(productId));
      return {
        event: "test.release",
        actor: STAFF,
        scope: { accountIds, holdIds, stampCount: holdIds.length },
        decide: (at) => {
          const released = releaseStock(at, { holdIds, owner: OWNER });
          return released instanceof AppError ? released : { answer: "{}", counted: [] };
        },
      };
    },
    levels: async (productId) => {
      const [first] = await accountsOf(productId);
      return desk.balanceOf(first?.accountId ?? 0);
    },
  };
}

function reserveCommand(
  lines: readonly StockLine[],
  scope: {
    stock: ReadonlyMap<number, readonly StockAccount[]>;
    expiresInSeconds: number | undefined;
    accountIds: readonly number[];
    stampCount: number;
  },
): BookCommand {
  const { stock, expiresInSeconds, accountIds, stampCount } = scope;
  return {
    event: "test.reserve",
    actor: STAFF,
    scope: { accountIds, stampCount },
    decide: (desk) => {
      const expiresAt =
        expiresInSeconds === undefined ? undefined : desk.book.now + expiresInSeconds * 1_000_000;
      return allOrNothing<Decision | AppError>(desk.book, {
        decide: () => {
          const ids: number[] = [];
          for (const line of lines) {
            const request = { ...line, reference: "order 1", owner: OWNER, actorId: STAFF.id, expiresAt };
            const holds = reserveStock(desk, request, stock.get(line.productId) ?? []);
            if (holds instanceof AppError) return holds;
            ids.push(...holds.map(({ id }) => id));
          }
          return { answer: JSON.stringify({ holds: ids }), counted: [] };
        },
        failed: (outcome) => outcome instanceof AppError,
      });
    },
  };
}
