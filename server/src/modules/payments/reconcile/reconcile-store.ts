// The SQL of reconciling: what the events of a provider's payments add up to in a time.
import type { Sql } from "../../../runtime/database.ts";

export interface OwnPayment {
  readonly id: number;
  readonly reference: string | null;
  readonly orderId: number | null;
  readonly currency: string;
  readonly authorizedMinor: bigint;
  readonly voidedMinor: bigint;
  readonly capturedMinor: bigint;
  readonly refundedMinor: bigint;
  readonly chargedBackMinor: bigint;
  readonly disputedMinor: bigint;
  readonly isInFlight: boolean;
  /** Money moved in the time. */
  readonly hasMoved: boolean;
}

interface OwnRow {
  id: bigint;
  provider_reference: string | null;
  order_id: bigint | null;
  currency: string;
  authorized: bigint;
  voided: bigint;
  captured: bigint;
  refunded: bigint;
  charged_back: bigint;
  disputed: bigint;
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
export async function readOwnPayments(db: Sql, query: OwnQuery): Promise<OwnPayment[]> {
  const { provider, afterId, since, movedSince, until, limit } = query;
  const rows = await db<OwnRow[]>`
    SELECT p.id, p.provider_reference, p.order_id, p.currency,
      p.authorizing + p.capturing + p.voiding + p.refunding > 0 AS in_flight, e.*
    FROM (SELECT * FROM payments.payments WHERE provider = ${provider} AND id > ${afterId} ORDER BY id LIMIT ${limit}) AS p
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(amount) FILTER (WHERE type = 'authorized'), 0)::bigint AS authorized,
        coalesce(sum(amount) FILTER (WHERE type = 'voided'), 0)::bigint AS voided,
        coalesce(sum(amount) FILTER (WHERE type = 'captured'), 0)::bigint AS captured,
        coalesce(sum(CASE type WHEN 'refunded' THEN amount WHEN 'refund_reversed' THEN -amount END), 0)::bigint AS refunded,
        coalesce(sum(amount) FILTER (WHERE type = 'dispute_lost'), 0)::bigint AS charged_back,
        coalesce(sum(CASE WHEN type = 'disputed' THEN amount WHEN type IN ('dispute_won', 'dispute_lost') THEN -amount END), 0)::bigint AS disputed,
        coalesce(bool_or(type IN ('captured', 'refunded', 'dispute_lost') AND at >= ${movedSince}), false) AS moved
      FROM payments.events WHERE payment_id = p.id AND at >= ${since} AND at < ${until}) AS e
    ORDER BY p.id`;
  return rows.map((row) => ({
    id: Number(row.id),
    reference: row.provider_reference,
    orderId: row.order_id === null ? null : Number(row.order_id),
    currency: row.currency,
    authorizedMinor: row.authorized,
    voidedMinor: row.voided,
    capturedMinor: row.captured,
    refundedMinor: row.refunded,
    chargedBackMinor: row.charged_back,
    disputedMinor: row.disputed,
    isInFlight: row.in_flight,
    hasMoved: row.moved,
  }));
}
