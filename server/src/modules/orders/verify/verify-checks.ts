// The checks of the orders' own rows, one function each: it returns its first difference in words, or undefined.
import type { Tx } from "../../../runtime/transaction.ts";
import { tellBoth } from "../../../values/difference.ts";
import { findProductsForSale } from "../../catalog/index.ts";
import { tellAmounts, type VerifySubject } from "../../ledger/index.ts";
import { stateOf } from "../order-store.ts";
import type { Found } from "./verify-difference.ts";
import { selectNamedProducts } from "./verify-pages-store.ts";
import * as store from "./verify-store.ts";

const TOTALS = ["net", "tax", "total", "credited", "discount"];

export async function checkTotals(subject: VerifySubject): Found {
  const found = await store.selectWrongTotal(subject.tx);
  if (found === undefined) return undefined;
  const orderId = Number(found.id);
  const check = "order_totals";
  if (found.is_missing) return { check, what: `order ${orderId} does not exist, and lines name it`, orderId };
  if (found.has_gap) return { check, what: `order ${orderId} lacks some of its lines`, orderId };
  const told = tellBoth(found, (amounts) => tellAmounts(subject, found.currency, { amounts, names: TOTALS }));
  const what = `the lines of order ${orderId} add up to ${told.expected}, it says ${told.stored}`;
  return { check, what, orderId, ...told };
}

export async function checkPrices(subject: VerifySubject): Found {
  const found = await store.selectWrongPrice(subject.tx);
  if (found === undefined) return undefined;
  const orderId = Number(found.id);
  const told = tellBoth(found, (amounts) =>
    tellAmounts(subject, found.currency, { amounts, names: ["net", "tax"] }),
  );
  const what = `line ${found.line_no} of order ${orderId} costs ${told.expected} by its price, it says ${told.stored}`;
  return { check: "order_prices", what, orderId, ...told };
}

export async function checkProgress(subject: VerifySubject): Found {
  const found = await store.selectWrongProgress(subject.tx);
  if (found === undefined) return undefined;
  const orderId = Number(found.id);
  const told = tellBoth(found, (text) => {
    const [shipped, returned, cancelled, amounts = "0"] = text.split(" ");
    const credited = tellAmounts(subject, found.currency, { amounts, names: ["credited"] });
    return `${shipped} shipped, ${returned} returned, ${cancelled} cancelled, ${credited}`;
  });
  const what = `line ${found.line_no} of order ${orderId} says ${told.stored}, its shipments and credit notes say ${told.expected}`;
  return { check: "order_progress", what, orderId, ...told };
}

export async function checkStates({ tx }: VerifySubject): Found {
  const found = await store.selectWrongState(tx);
  if (found === undefined) return undefined;
  const orderId = Number(found.id);
  const what = `order ${orderId} (${stateOf(found.state)}) ${found.rule}`;
  return { check: "order_states", what, orderId };
}

export async function checkTimelines({ tx }: VerifySubject): Found {
  const found = await store.selectBrokenTimeline(tx);
  if (found === undefined) return undefined;
  const orderId = Number(found.id);
  const where = found.seq === null ? "does not lead to its state" : `breaks at entry ${found.seq}`;
  return { check: "order_timelines", what: `the timeline of order ${orderId} ${where}`, orderId };
}

export async function checkNotes(subject: VerifySubject): Found {
  const found = await store.selectWrongNote(subject.tx);
  if (found === undefined) return undefined;
  const creditNoteId = Number(found.id);
  const told = tellBoth(found, (amounts) => tellAmounts(subject, found.currency, { amounts, names: TOTALS }));
  const what = `the lines of credit note ${creditNoteId} add up to ${told.expected}, it says ${told.stored}`;
  return { check: "order_credits", what, creditNoteId, ...orderOf(found), ...told };
}

export async function checkCredits(subject: VerifySubject): Found {
  const found = await store.selectWrongCredit(subject.tx);
  if (found === undefined) return undefined;
  const names = ["credited", "of it never paid", "of it cancelled"];
  const told = tellBoth(found, (amounts) => tellAmounts(subject, found.currency, { amounts, names }));
  const what = `the credit notes of order ${found.id} say ${told.expected}, it says ${told.stored}`;
  return { check: "order_credits", what, ...orderOf(found), ...told };
}

function orderOf({ order_id: id }: { order_id: bigint | null }): { orderId?: number } {
  return id === null ? {} : { orderId: Number(id) };
}

const PRODUCTS_PER_READ = 5_000;

/** No line names a product that the catalog does not have. */
export async function checkProducts({ tx }: VerifySubject): Found {
  const missing = await findMissingProduct(tx, await selectNamedProducts(tx));
  if (missing === undefined) return undefined;
  const { orderId, productId } = missing;
  const what = `order ${orderId} names product ${productId}, which does not exist`;
  return { check: "order_products", what, orderId };
}

/** The first line that names a product which the catalog does not have. */
export async function findMissingProduct<Named extends { readonly productId: number }>(
  tx: Tx,
  named: readonly Named[],
): Promise<Named | undefined> {
  for (let from = 0; from < named.length; from += PRODUCTS_PER_READ) {
    const page = named.slice(from, from + PRODUCTS_PER_READ);
    const known = await findProductsForSale(
      tx.sql,
      page.map(({ productId }) => productId),
    );
    const missing = page.find(({ productId }) => !known.has(productId));
    if (missing !== undefined) return missing;
  }
  return undefined;
}
