// The SQL of reconciling: the sums of the events of a provider's payments in a period.

import type { Sql } from "../../../runtime/database.ts";
import { toId } from "../../../values/id.ts";
import type { MovedMoney } from "../payment.ts";
import { type MovedRow, SUMS_OF_EVENTS, toMovedMoney } from "../payment-store.ts";

export interface OwnPayment extends MovedMoney {
  readonly id: number;
  readonly reference: string | null;
  readonly orderId: number | null;
  readonly currency: string;
  readonly isInFlight: boolean;
  /** Whether money moved in the period. */
  readonly hasMoved: boolean;
}

interface OwnRow extends MovedRow {
  id: bigint;
  provider_reference: string | null;
  order_id: bigint | null;
  currency: string;
  in_flight: boolean;
  moved: boolean;
}

export interface OwnQuery {
  readonly provider: string;
  readonly afterId: number;
  /** Stamps: events from `since` (0: all) and before `until` are added up; those from `movedSince` on count as moved. */
  readonly since: number;
  readonly movedSince: number;
  readonly until: number;
  readonly limit: number;
}

/** Payments of a provider in the order of their ids. */
export async function selectOwnPayments(db: Sql, query: OwnQuery): Promise<OwnPayment[]> {
  const { provider, afterId, since, movedSince, until, limit } = query;
  const rows = await db<OwnRow[]>`
    SELECT p.id, p.provider_reference, p.order_id, p.currency,
      p.authorizing + p.capturing + p.voiding + p.refunding > 0 AS in_flight,
      e.authorized, e.voided, e.captured, e.refunded, e.charged_back, e.disputed, e.moved
    FROM (
      SELECT id, provider_reference, order_id, currency, authorizing, capturing, voiding, refunding
      FROM payments.payments
      WHERE provider = ${provider} AND id > ${afterId}
      ORDER BY id
      LIMIT ${limit}) AS p
    CROSS JOIN LATERAL (
      SELECT ${db.unsafe(SUMS_OF_EVENTS)},
        coalesce(bool_or(type IN ('captured', 'refunded', 'dispute_lost') AND at >= ${movedSince}), false)
          AS moved
      FROM payments.events
      WHERE payment_id = p.id AND at >= ${since} AND at < ${until}) AS e
    ORDER BY p.id`;
  return rows.map((row) => ({
    id: Number(row.id),
    reference: row.provider_reference,
    orderId: toId(row.order_id),
    currency: row.currency,
    ...toMovedMoney(row),
    isInFlight: row.in_flight,
    hasMoved: row.moved,
  }));
}
