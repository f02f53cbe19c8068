// Writes a credit note that names no order, for a shop whose history began before this program, or for a till. Goods go back on
// the shelf or are written off; the money goes to a customer's account or, if paid outside, to the world.
import { AppError } from "../../../values/app-error.ts";
import { findProductsForSale, PRODUCTS } from "../../catalog/index.ts";
import type { BookCommand, CommandOutcome, Decision, Desk } from "../../desk/index.ts";
import {
  openShelves,
  returnStock,
  type StockAccount,
  stockScope,
  type WantedShelf,
} from "../../inventory/index.ts";
import {
  type Asset,
  allOrNothing,
  isRefusal,
  ledgerError,
  type Owner,
  postJournal,
  takeStamps,
} from "../../ledger/index.ts";
import { scopeOfOpening } from "../../payments/index.ts";
import type { OrderLine } from "../order.ts";
import { settleCustomer, type WantedCustomer } from "../placing/find-customer.ts";
import { type NewLine, priceLines } from "../placing/price-lines.ts";
import type { LineTotals } from "../placing/totals.ts";
import type { OrderCaller, OrderServices } from "../services.ts";
import { leaveCreditNote } from "./build-credit-note.ts";
import type { CreditNote, CreditNoteLine } from "./credit-note.ts";

export interface NewCreditNote extends WantedCustomer {
  readonly items: readonly (NewLine & {
    readonly restock: boolean;
    /** The location; undefined: as `openShelves` chooses. */
    readonly location?: WantedShelf["location"];
  })[];
  readonly asset: Asset;
  /** The account that gets the money; undefined: it was paid outside. */
  readonly accountId?: number | undefined;
  readonly reason: string;
  readonly reference?: string | undefined;
}

const STAMPS_OF_MONEY = 3;

/** Writes one credit note, as `buildCreditNoteCommand` says. A refusal is returned as the outcome. */
export async function writeCreditNote(
  services: OrderServices,
  caller: OrderCaller,
  request: NewCreditNote,
): Promise<CommandOutcome> {
  return services.desk.submit(await buildCreditNoteCommand(services, caller, request));
}

/**
 * A command that books one credit note. Locks the stock accounts and the credited account. Goods whose stock is kept go
 * on a shelf at any location; where there is none, the stock is opened.
 * Refuses `customer_unknown`, what pricing refuses, `account_not_found`, `asset_mismatch`, `account_frozen`, `account_closed`.
 * @throws AppError `not_found/location_not_found` naming the field
 */
export async function buildCreditNoteCommand(
  services: OrderServices,
  caller: OrderCaller,
  wanted: NewCreditNote,
): Promise<BookCommand> {
  const { assets } = services;
  const { refused, ...request } = await settleCustomer(services, wanted);
  const productIds = [...new Set(request.items.flatMap(({ productId }) => productId ?? []))];
  const shelves = await findShelvesOf(services, productIds, request);
  const money = scopeOfOpening(assets, { assetId: request.asset.id, accountId: request.accountId ?? null });
  return {
    event: "credit_note.create",
    ...caller,
    scope: {
      accountIds: [...stockScope(assets, [...shelves.values()]), ...money.accountIds],
      stampCount: 1 + request.items.length + STAMPS_OF_MONEY,
    },
    needs: [{ reader: PRODUCTS, ids: productIds }],
    decide: (desk) => refused ?? decide(desk, { services, caller, request, shelves }),
  };
}

/** By the items' indexes in the request: only items whose goods go back on a shelf. */
async function findShelvesOf(
  { db, assets }: OrderServices,
  productIds: readonly number[],
  { items }: NewCreditNote,
): Promise<Map<number, StockAccount>> {
  const products = await findProductsForSale(db, productIds);
  const wanted = items.flatMap(({ productId, restock, location }, index) => {
    const isKept = productId !== undefined && products.get(productId)?.tracksStock === true;
    return isKept && restock ? [{ index, productId, location }] : [];
  });
  const opened = await openShelves({ db, assets }, wanted);
  return new Map(wanted.flatMap(({ index }, at) => (opened[at] === undefined ? [] : [[index, opened[at]]])));
}

interface Writing {
  readonly services: OrderServices;
  readonly caller: OrderCaller;
  readonly request: NewCreditNote;
  readonly shelves: ReadonlyMap<number, StockAccount>;
}

function decide(desk: Desk, writing: Writing): Decision | AppError {
  const { services, caller, request } = writing;
  const priced = priceLines(request.items, {
    products: desk.rows.of(PRODUCTS),
    taxRates: services.taxRates,
    currency: request.asset.code,
    mayBuyDrafts: true,
    mayBeArchived: true,
  });
  if (priced instanceof AppError) return priced;
  const id = takeStamps(desk.book, 1);
  const booked = allOrNothing<Booked | AppError>(desk.book, {
    decide: () => book(desk, writing, { id, ...priced }),
    failed: (outcome) => outcome instanceof AppError,
  });
  if (booked instanceof AppError) return booked;
  const note = toNote({ id, caller, request }, { ...booked, totals: priced.totals });
  const answer = JSON.stringify(leaveCreditNote(desk, note));
  return { answer, counted: [], resource: { type: "credit_note", id: String(id) } };
}

interface Booked {
  readonly lines: readonly CreditNoteLine[];
  readonly journalId: number | null;
}

interface Priced {
  readonly id: number;
  readonly lines: readonly OrderLine[];
  readonly totals: LineTotals;
}

/** Within `allOrNothing`. */
function book(desk: Desk, { caller, request, shelves }: Writing, priced: Priced): Booked | AppError {
  const reference = `credit note ${priced.id}`;
  const actorId = caller.actor.id;
  const owner = { type: "credit_note", id: priced.id } as const;
  const lines: CreditNoteLine[] = [];
  for (const [index, line] of priced.lines.entries()) {
    const shelf = shelves.get(index);
    const goods = { productId: line.productId ?? 0, quantity: line.quantity, reference, actorId, owner };
    const posted =
      shelf === undefined ? undefined : returnStock(desk, { ...goods, accountId: shelf.accountId });
    if (posted instanceof AppError) return posted;
    lines.push(toNoteLine(line, shelf, posted?.id));
  }
  const journalId = payOut(desk, request, { ...priced, reference, actorId, owner });
  return journalId instanceof AppError ? journalId : { lines, journalId };
}

/** Tax first: then sales has received the tax back before it gives the whole. Where nothing is to pay, there is no journal. */
function payOut(
  desk: Desk,
  { asset, accountId }: NewCreditNote,
  { totals, ...header }: Priced & { reference: string; actorId: string; owner: Owner },
): number | null | AppError {
  if (totals.gross === 0n) return null;
  const account = (name: "sales" | "tax" | "world") => desk.assets.systemAccount(asset.id, name);
  const to = accountId ?? account("world");
  if (accountId !== undefined && desk.book.accounts.get(accountId)?.system !== false)
    return ledgerError("account_not_found", { account_id: String(accountId) });
  const tax = { debitAccountId: account("tax"), creditAccountId: account("sales"), amount: totals.tax };
  const posted = postJournal(desk.book, {
    kind: "ORDER_REFUND",
    ...header,
    transfers: [
      ...(totals.tax === 0n ? [] : [tax]),
      { debitAccountId: account("sales"), creditAccountId: to, amount: totals.gross },
    ],
  });
  return isRefusal(posted) ? ledgerError(posted.refused, posted.details) : posted.id;
}

function toNoteLine(
  line: OrderLine,
  shelf: StockAccount | undefined,
  journalId: number | undefined,
): CreditNoteLine {
  const { lineNo, productId, sku, name, quantity, unitPrice, net, tax, gross } = line;
  const goods = {
    stockAccountId: shelf?.accountId ?? null,
    locationId: shelf?.locationId ?? null,
    stockJournalId: journalId ?? null,
  };
  return { lineNo, orderLineNo: null, productId, sku, name, quantity, unitPrice, net, tax, gross, ...goods };
}

function toNote(
  { id, caller, request }: { id: number; caller: OrderCaller; request: NewCreditNote },
  { lines, journalId, totals }: Booked & { totals: LineTotals },
): CreditNote {
  return {
    id,
    orderId: null,
    kind: "credit",
    customerId: request.customerId,
    currency: request.asset.code,
    net: totals.net,
    tax: totals.tax,
    total: totals.gross,
    refunded: 0n,
    paymentId: null,
    refundId: null,
    accountId: request.accountId ?? null,
    journalId,
    reason: request.reason,
    reference: request.reference ?? null,
    createdBy: caller.actor.id,
    lines,
  };
}
