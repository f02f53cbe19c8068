// Screens orders while they are placed: the rows that the rules need are read once for the whole batch, the judgement is pure,
// and the findings are written with the order.
import type { Vault } from "../../runtime/vault/vault.ts";
import type { BatchRows, RowNeed, RowReader, RowWriter } from "../desk/index.ts";
import {
  type FraudAddress,
  type FraudJudgement,
  type FraudLimits,
  type FraudRule,
  fraudWindowOf,
  judgeOrder,
} from "./fraud-rules.ts";
import {
  insertScreenings,
  type ScreeningRow,
  selectBlockedIndexes,
  selectRecentOrders,
} from "./fraud-store.ts";
import { type FraudSubject, normalizeSubject, subjectOf } from "./fraud-subject.ts";

/** What is known about an order before it is placed. */
export interface ScreenedOrder {
  /** Null: a guest. */
  readonly customerId: string | null;
  /** All addresses that are known. */
  readonly emails?: readonly string[] | undefined;
  readonly ip?: string | undefined;
  readonly shippingAddress?: FraudAddress | undefined;
  readonly billingAddress?: FraudAddress | undefined;
  readonly registeredAt?: Date | undefined;
}

export interface PreparedScreening {
  readonly order: ScreenedOrder;
  readonly subjects: readonly FraudSubject[];
  /** Whose orders are counted together: the customer's, or for a guest those of the first e-mail address. */
  readonly buyer: FraudSubject | undefined;
  readonly needs: readonly RowNeed[];
}

/** The order's amounts, known only when it is decided. `now` is in microseconds, `firstStamp` is the first stamp. */
export interface ScreenedAmount {
  readonly totalMinor: bigint;
  readonly currency: string;
  readonly scale: number;
  readonly now: number;
  readonly firstStamp: number;
}

export interface FraudCheck {
  /** The rows that have to be read before the order can be judged. */
  readonly prepare: (order: ScreenedOrder) => PreparedScreening;
  readonly judge: (rows: BatchRows, prepared: PreparedScreening, amount: ScreenedAmount) => FraudJudgement;
  /** Leaves the findings once the order is placed, and counts the order for later ones in the batch. */
  readonly keep: (rows: BatchRows, prepared: PreparedScreening, placed: PlacedOrder) => void;
}

export interface PlacedOrder {
  readonly orderId: number;
  readonly judgement: FraudJudgement;
}

const SCREENINGS: RowWriter<ScreeningRow> = { name: "risk.screenings", write: insertScreenings };
const BLOCKED: RowReader<readonly Buffer[]> = {
  kind: "risk.blocked_subjects",
  read: selectBlockedIndexes,
};

export function openFraudCheck(options: {
  readonly vault: Pick<Vault, "blindIndex">;
  readonly rules: readonly FraudRule[];
  readonly limits: FraudLimits;
}): FraudCheck {
  const { vault, rules, limits } = options;
  const window = fraudWindowOf(rules);
  const recent: RowReader<number[]> = {
    kind: "risk.recent_orders",
    read: (tx, subjects) => selectRecentOrders(tx, subjects, window),
  };
  return {
    prepare: (order) => {
      const subjects = findSubjects(vault, order);
      const find = (wanted: FraudSubject["kind"]) => subjects.find(({ kind }) => kind === wanted);
      const buyer = find("customer") ?? find("email");
      const counted = buyer === undefined || window.countMax === 0 ? [] : [buyer.number];
      const needs = [
        { reader: BLOCKED, ids: subjects.map(({ number }) => number) },
        ...(counted.length === 0 ? [] : [{ reader: recent, ids: counted }]),
      ];
      return { order, subjects, buyer, needs };
    },
    judge: (rows, prepared, amount) => {
      const stamps = rows.of(recent).get(prepared.buyer?.number ?? 0) ?? [];
      return judgeOrder(rules, limits, {
        ...amount,
        shippingAddress: prepared.order.shippingAddress,
        billingAddress: prepared.order.billingAddress,
        accountAgeSeconds: ageOf(prepared.order.registeredAt, amount.now),
        recentOrders: (seconds) =>
          stamps.filter((stamp) => stamp > amount.firstStamp - seconds * 1_000_000).length,
        blockedKinds: prepared.subjects
          .filter((subject) => isListed(rows.of(BLOCKED).get(subject.number), subject))
          .map(({ kind }) => kind),
      });
    },
    keep: (rows, { buyer }, { orderId, judgement }) => {
      const { score, verdict } = judgement;
      if (verdict === "refuse") throw new Error("a refused order is not placed");
      if (buyer !== undefined) rows.of(recent).get(buyer.number)?.push(orderId);
      const findings = JSON.stringify(judgement.findings);
      rows.add(SCREENINGS, { orderId, subject: buyer?.number ?? null, score, verdict, findings });
    },
  };
}

/** The first 48 bits find the row; comparing the whole index confirms that it is the right one. */
function isListed(indexes: readonly Buffer[] | undefined, subject: FraudSubject): boolean {
  return indexes?.some((index) => subject.index.equals(index)) === true;
}

function ageOf(registeredAt: Date | undefined, now: number): number | undefined {
  return registeredAt === undefined ? undefined : now / 1_000_000 - registeredAt.getTime() / 1_000;
}

function findSubjects(vault: Pick<Vault, "blindIndex">, order: ScreenedOrder): FraudSubject[] {
  const values = [
    ["customer", order.customerId ?? undefined],
    ...(order.emails ?? []).map((email) => ["email", email] as const),
    ["ip", order.ip],
    ["address", order.shippingAddress],
    ["address", order.billingAddress],
  ] as const;
  const subjects = values.flatMap(([kind, value]) => {
    const normalized = value === undefined ? undefined : normalizeSubject(kind, value);
    return normalized === undefined ? [] : [subjectOf(vault, kind, normalized)];
  });
  return [...new Map(subjects.map((subject) => [subject.index.toString("hex"), subject])).values()];
}
