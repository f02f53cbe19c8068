// The bytes of orders as they are shown, kept by the process with the mark of the state that they show. Before each answer the mark
// is read anew, once for all requests of the same moment, so an answer is never older than its request, whichever process made
// the change. A document is read after its mark: it shows at least that state.

import { createKeptAnswers } from "../../runtime/reads/kept-answers.ts";
import { readTogether } from "../../runtime/reads/read-together.ts";
import type { Tx } from "../../runtime/transaction.ts";
import type { Vault } from "../../runtime/vault/vault.ts";
import type { Actor } from "../../values/actor.ts";
import { asHidden } from "../../values/app-error.ts";
import { findMarksOfPayments } from "../payments/index.ts";
import { orderError } from "./errors.ts";
import { getOrderDetail, maySee, type OrderReader } from "./get-order.ts";
import { selectOrderMarks } from "./order-read-store.ts";

export interface WrittenOrder {
  /** JSON text. */
  readonly body: Buffer;
  readonly version: number;
}

/** @throws AppError `not_found/order_not_found`, also for somebody else's order */
export type WriteOrder = (actor: Actor, id: number) => Promise<WrittenOrder>;

interface Mark {
  readonly customerId: string | null;
  readonly text: string;
}

/** Some four thousand orders of a line or two. */
const BYTES_MAX = 8_000_000;

export function createOrderDocuments(reader: OrderReader & { readonly vault: Vault }): WriteOrder {
  const kept = createKeptAnswers<number, WrittenOrder & { readonly mark: string }>(
    BYTES_MAX,
    (_id, { body }) => body.length,
  );
  return async (actor, id) => {
    const mark = await readMark(reader.db, id);
    if (mark === undefined) throw orderError("order_not_found");
    if (!maySee(actor, mark)) throw asHidden(orderError("order_not_found"));
    const known = kept.get(id);
    if (known?.mark === mark.text) return known;
    const document = await getOrderDetail(reader, actor, id);
    const written = {
      body: Buffer.from(JSON.stringify(document)),
      version: document.version,
      mark: mark.text,
    };
    kept.set(id, written);
    return written;
  };
}

const readMark = readTogether<number, Mark>(selectMarks);

/** Every change of an order raises its version; a change of its payments alone raises theirs. */
async function selectMarks(tx: Tx, ids: readonly number[]): Promise<Map<number, Mark>> {
  const [orders, payments] = await Promise.all([selectOrderMarks(tx, ids), findMarksOfPayments(tx, ids)]);
  return new Map(
    orders.map(({ id, customer_id: customerId, version, entry_count: entries }) => [
      Number(id),
      { customerId, text: `${version} ${entries} ${payments.get(Number(id)) ?? ""}` },
    ]),
  );
}
