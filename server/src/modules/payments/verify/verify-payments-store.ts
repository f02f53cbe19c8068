// The SQL that recomputes payments from their own rows: sums from events, amounts under way and refunded from attempts, amounts
// at risk from disputes. Each read returns its first difference, or undefined. Amounts are minor units as text.

import { firstOf } from "../../../runtime/row-table-store.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { toId } from "../../../values/id.ts";
import type { OrderMoney } from "../find-payments.ts";
import type { EventType, Payment } from "../payment.ts";
import { type MoneyRow, type PaymentRow, SUMS_OF_EVENTS, toPaymentMoney } from "../payment-store.ts";

export interface DifferenceRow {
  id: bigint;
  currency: string | null;
  stored: string;
  expected: string;
}

/** In the order of the columns of `findWrongSums`. */
export const SUM_NAMES = [
  "authorized",
  "voided",
  "captured",
  "refunded",
  "charged back",
  "in dispute",
  "tax captured",
  "tax returned",
];

/** Payments that are not the sum of their events; events without a payment; events left out. */
export async function selectWrongSums({ sql }: Tx) {
  return firstOf(sql<(DifferenceRow & { has_gap: boolean; is_missing: boolean })[]>`
    WITH sums AS (
      SELECT payment_id, count(*) AS count, max(seq) AS last,
        ${sql.unsafe(SUMS_OF_EVENTS)},
        coalesce(sum(tax) FILTER (WHERE type = 'captured'), 0) AS tax_captured,
        coalesce(sum(CASE WHEN type IN ('refunded', 'dispute_lost') THEN tax
                          WHEN type = 'refund_reversed' THEN -tax END), 0) AS tax_returned
      FROM payments.events
      GROUP BY payment_id),
    told AS (
      SELECT coalesce(p.id, s.payment_id) AS id, p.currency, p.id IS NULL AS is_missing,
        (p.event_count = s.count AND s.count = s.last) IS NOT TRUE AS has_gap,
        concat_ws(' ', p.authorized, p.voided, p.captured, p.refunded, p.charged_back, p.disputed,
                  p.tax_captured, p.tax_returned) AS stored,
        concat_ws(' ', s.authorized, s.voided, s.captured, s.refunded, s.charged_back, s.disputed,
                  s.tax_captured, s.tax_returned) AS expected
      FROM payments.payments p
      FULL JOIN sums s ON s.payment_id = p.id)
    SELECT id, currency, is_missing, has_gap, stored, expected
    FROM told
    WHERE stored <> expected OR has_gap
    ORDER BY id
    LIMIT 1`);
}

/** Payments that ask for another amount than the one they were opened over or last changed to. */
export async function selectWrongAmount({ sql }: Tx): Promise<DifferenceRow | undefined> {
  return firstOf(sql<DifferenceRow[]>`
    WITH asked AS (
      SELECT DISTINCT ON (payment_id) payment_id, amount
      FROM payments.events
      WHERE seq = 1 OR type = 'amount_changed'
      ORDER BY payment_id, seq DESC)
    SELECT p.id, p.currency, p.amount::text AS stored, a.amount::text AS expected
    FROM asked a
    JOIN payments.payments p ON p.id = a.payment_id
    WHERE p.amount <> a.amount
    ORDER BY p.id
    LIMIT 1`);
}

/** In the order of the columns of `findWrongUnderWay`. */
export const UNDER_WAY_NAMES = ["authorizing", "capturing", "voiding", "refunding"];

/** Payments whose amounts under way differ from those of their open attempts. */
export async function selectWrongUnderWay({ sql }: Tx): Promise<DifferenceRow | undefined> {
  return firstOf(sql<DifferenceRow[]>`
    WITH sums AS (
      SELECT payment_id,
        coalesce(sum(amount) FILTER (WHERE act = 'authorize'), 0) AS authorizing,
        coalesce(sum(amount) FILTER (WHERE act = 'capture'), 0) AS capturing,
        coalesce(sum(amount) FILTER (WHERE act = 'void'), 0) AS voiding,
        coalesce(sum(amount) FILTER (WHERE act = 'refund'), 0) AS refunding
      FROM payments.attempts
      WHERE settled_at IS NULL
      GROUP BY payment_id),
    told AS (
      SELECT p.id, p.currency,
        concat_ws(' ', p.authorizing, p.capturing, p.voiding, p.refunding) AS stored,
        concat_ws(' ', coalesce(s.authorizing, 0), coalesce(s.capturing, 0), coalesce(s.voiding, 0),
                  coalesce(s.refunding, 0)) AS expected
      FROM payments.payments p
      LEFT JOIN sums s ON s.payment_id = p.id)
    SELECT id, currency, stored, expected
    FROM told
    WHERE stored <> expected
    ORDER BY id
    LIMIT 1`);
}

/** The first attempt that no job will ask about and that no person is shown: it would never end. */
export async function selectStuckAttempt({ sql }: Tx) {
  return firstOf(sql<{ id: bigint; payment_id: bigint; act: string }[]>`
    SELECT id, payment_id, act
    FROM payments.attempts
    WHERE settled_at IS NULL AND due_at IS NULL AND attention_since IS NULL
    ORDER BY id
    LIMIT 1`);
}

/** Payments whose successful refunds, each an attempt of its own, do not add up to the refunded amount. */
export async function selectWrongRefunds({ sql }: Tx): Promise<DifferenceRow | undefined> {
  return firstOf(sql<DifferenceRow[]>`
    WITH sums AS (
      SELECT payment_id, sum(amount) AS refunded
      FROM payments.attempts
      WHERE act = 'refund' AND state = 'succeeded'
      GROUP BY payment_id)
    SELECT p.id, p.currency, p.refunded::text AS stored, coalesce(s.refunded, 0)::text AS expected
    FROM payments.payments p
    LEFT JOIN sums s ON s.payment_id = p.id
    WHERE p.refunded <> coalesce(s.refunded, 0)
    ORDER BY p.id
    LIMIT 1`);
}

/** Payments whose disputes do not add up to the amounts at risk and lost. */
export async function selectWrongDisputes({ sql }: Tx): Promise<DifferenceRow | undefined> {
  return firstOf(sql<DifferenceRow[]>`
    WITH sums AS (
      SELECT payment_id,
        coalesce(sum(amount) FILTER (WHERE state = 'open'), 0) AS open,
        coalesce(sum(amount) FILTER (WHERE state = 'lost'), 0) AS lost
      FROM payments.disputes
      GROUP BY payment_id),
    told AS (
      SELECT p.id, p.currency,
        concat_ws(' ', p.disputed, p.charged_back) AS stored,
        concat_ws(' ', coalesce(s.open, 0), coalesce(s.lost, 0)) AS expected
      FROM payments.payments p
      LEFT JOIN sums s ON s.payment_id = p.id)
    SELECT id, currency, stored, expected
    FROM told
    WHERE stored <> expected
    ORDER BY id
    LIMIT 1`);
}

export interface EventBooking {
  readonly seq: number;
  readonly type: EventType;
  readonly amountMinor: bigint;
  readonly taxMinor: bigint;
  readonly journalId: number | null;
  /** The payment's unchanging data that decide where money goes; the account is the one for this event's money. */
  readonly payment: Pick<Payment, "id" | "provider" | "assetId" | "currency" | "accountId">;
}

/** Events that moved money, after `since`, in the order of payments and their events. */
export async function selectBookings(
  { sql }: Tx,
  { since, after, limit }: { since: number; after: { paymentId: number; seq: number }; limit: number },
): Promise<EventBooking[]> {
  const rows = await sql<
    (Pick<PaymentRow, "id" | "provider" | "asset_id" | "currency" | "account_id"> & {
      event_seq: number;
      event_type: EventType;
      event_amount: bigint;
      event_tax: bigint;
      event_journal: bigint | null;
    })[]
  >`
    SELECT p.id, p.provider, p.asset_id, p.currency, coalesce(e.account_id, p.account_id) AS account_id,
      e.seq AS event_seq, e.type AS event_type, e.amount AS event_amount, e.tax AS event_tax,
      e.journal_id AS event_journal
    FROM (
      SELECT payment_id, seq, type, amount, tax, journal_id, account_id
      FROM payments.events
      WHERE (payment_id, seq) > (${after.paymentId}, ${after.seq}) AND at > ${since}
        AND (journal_id IS NOT NULL OR type IN ('captured', 'refunded', 'refund_reversed', 'dispute_lost'))
      ORDER BY payment_id, seq
      LIMIT ${limit}) AS e
    JOIN payments.payments p ON p.id = e.payment_id
    ORDER BY e.payment_id, e.seq`;
  return rows.map((row) => ({
    seq: row.event_seq,
    type: row.event_type,
    amountMinor: row.event_amount,
    taxMinor: row.event_tax,
    journalId: toId(row.event_journal),
    payment: {
      id: Number(row.id),
      provider: row.provider,
      assetId: row.asset_id,
      currency: row.currency,
      accountId: toId(row.account_id),
    },
  }));
}

/** Journals after `since` that events name. */
export async function countJournalsOfEvents({ sql }: Tx, since: number): Promise<number> {
  const [row] = await sql<[{ count: bigint }]>`
    SELECT count(*) AS count FROM payments.events WHERE journal_id > ${since}`;
  return Number(row.count);
}

/** The two kinds of things that are named once: a journal by an event, a hold by a payment. */
const NAMES = {
  journal: { table: "payments.events", name: "journal_id", payment: "payment_id" },
  hold: { table: "payments.payments", name: "hold_id", payment: "id" },
} as const;

/** The named journals or holds from the first id to the last. Reads the whole table: no index finds them. */
export async function selectNamed(
  { sql }: Tx,
  what: keyof typeof NAMES,
  { first, last }: { first: number; last: number },
): Promise<Set<number>> {
  const { table, name } = NAMES[what];
  const rows = await sql<{ id: bigint }[]>`
    SELECT ${sql(name)} AS id FROM ${sql(table)} WHERE ${sql(name)} BETWEEN ${first} AND ${last}`;
  return new Set(rows.map((row) => Number(row.id)));
}

/** The first journal or hold that is named twice. */
export async function selectSharedName({ sql }: Tx, what: keyof typeof NAMES) {
  const { table, name, payment } = NAMES[what];
  return firstOf(sql<{ id: bigint; payment_id: bigint }[]>`
    SELECT ${sql(name)} AS id, max(${sql(payment)}) AS payment_id
    FROM ${sql(table)}
    WHERE ${sql(name)} IS NOT NULL
    GROUP BY ${sql(name)}
    HAVING count(*) > 1
    ORDER BY ${sql(name)}
    LIMIT 1`);
}

/** The hold that a payment names. */
export type Holding = Pick<
  Payment,
  "id" | "assetId" | "currency" | "accountId" | "holdId" | "authorizedMinor" | "voidedMinor" | "capturedMinor"
>;

/** Payments that hold money on a customer's account, or should, or should not, in the order of their ids. */
export async function selectHolding(
  { sql }: Tx,
  { afterId, limit }: { afterId: number; limit: number },
): Promise<Holding[]> {
  const rows = await sql<
    Pick<
      PaymentRow,
      "id" | "asset_id" | "currency" | "account_id" | "hold_id" | "authorized" | "voided" | "captured"
    >[]
  >`
    SELECT id, asset_id, currency, account_id, hold_id, authorized, voided, captured
    FROM payments.payments
    WHERE id > ${afterId}
      AND (hold_id IS NOT NULL OR (provider = 'balance' AND authorized > voided + captured))
    ORDER BY id
    LIMIT ${limit}`;
  return rows.map((row) => ({
    id: Number(row.id),
    assetId: row.asset_id,
    currency: row.currency,
    accountId: toId(row.account_id),
    holdId: toId(row.hold_id),
    authorizedMinor: row.authorized,
    voidedMinor: row.voided,
    capturedMinor: row.captured,
  }));
}

/** Counts the holds that payments name, and how many different ones they are. */
export async function countHoldsOfPayments({ sql }: Tx): Promise<{ count: number; distinct: number }> {
  const [row] = await sql<[{ count: bigint; distinct: bigint }]>`
    SELECT count(hold_id) AS count, count(DISTINCT hold_id) AS distinct
    FROM payments.payments
    WHERE hold_id IS NOT NULL`;
  return { count: Number(row.count), distinct: Number(row.distinct) };
}

export async function countPayments({ sql }: Tx): Promise<number> {
  const [row] = await sql<[{ count: bigint }]>`SELECT count(*) AS count FROM payments.payments`;
  return Number(row.count);
}

/** As few columns as a check of orders needs: it reads millions. */
export async function selectMoneyOfOrders({ sql }: Tx, orderIds: readonly number[]): Promise<OrderMoney[]> {
  const rows = await sql<
    (MoneyRow & Pick<PaymentRow, "id" | "order_id" | "adds_to" | "charge_count" | "currency">)[]
  >`
    SELECT id, order_id, adds_to, charge_count, currency, authorized, voided, captured, refunded,
      charged_back, disputed,
      authorizing, capturing, voiding, refunding, cancel_requested
    FROM payments.payments
    WHERE order_id = ANY(${toArray(orderIds)}::bigint[])
    ORDER BY id`;
  return rows.map((row) => ({
    id: Number(row.id),
    orderId: toId(row.order_id),
    addsTo: toId(row.adds_to),
    chargeCount: row.charge_count,
    currency: row.currency,
    ...toPaymentMoney(row),
  }));
}

export interface HouseSumsRow {
  asset_id: number;
  currency: string;
  /** Money out of clearing: captured by card, and refunds that came back. */
  clearing_out: bigint;
  clearing_in: bigint;
  tax_in: bigint;
}

/** The sums that the events of all payments moved on the house's accounts, by currency. */
export async function sumMoved({ sql }: Tx): Promise<HouseSumsRow[]> {
  return sql<HouseSumsRow[]>`
    SELECT p.asset_id, p.currency,
      coalesce(sum(e.amount) FILTER (WHERE is_card AND type IN ('captured', 'refund_reversed')), 0)::bigint
        AS clearing_out,
      coalesce(sum(e.amount) FILTER (WHERE is_card AND type IN ('refunded', 'dispute_lost')), 0)::bigint
        AS clearing_in,
      coalesce(sum(e.tax) FILTER (WHERE type IN ('captured', 'refund_reversed')), 0)::bigint AS tax_in
    FROM payments.events e
    JOIN (
      SELECT id, asset_id, currency, provider IN ('sandbox', 'stripe') AS is_card
      FROM payments.payments) AS p ON p.id = e.payment_id
    GROUP BY p.asset_id, p.currency
    ORDER BY p.asset_id`;
}
