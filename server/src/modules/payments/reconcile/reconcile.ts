// Compares a provider's list of payments with ours: matched, missing there, extra there, different. It only reads:
// a person must look at each difference.
import type { Sql } from "../../../runtime/database.ts";
import { formatAmount } from "../../../values/money.ts";
import type { Assets } from "../../ledger/index.ts";
import type { CardProviderName } from "../providers/card-provider.ts";
import { selectCharges } from "../providers/sandbox/sandbox-store.ts";
import type { ListedPayment, ProviderList } from "./provider-list.ts";
import { type OwnPayment, selectOwnPayments } from "./reconcile-store.ts";

const PAYMENTS_PER_READ = 5_000;

export interface ReconcileQuery {
  readonly provider: CardProviderName;
  /** Stamps; `from` defaults to the list's first line, `to` to now. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface Mismatch {
  readonly kind: "missing" | "extra" | "different";
  /** One sentence that describes the difference. */
  readonly what: string;
  /** The provider's id. */
  readonly reference: string | null;
  readonly paymentId: number | null;
  readonly orderId: number | null;
}

export interface Reconciliation {
  readonly matched: number;
  readonly mismatches: readonly Mismatch[];
  readonly lineCount: number;
}

export async function reconcile(
  { db, assets }: { db: Sql; assets: Assets },
  list: ProviderList,
  { provider, from = list.firstAt ?? 0, to = Number.MAX_SAFE_INTEGER }: ReconcileQuery,
): Promise<Reconciliation> {
  const unseen = new Map(list.payments);
  const byOurId = new Map([...unseen.values()].map((listed) => [listed.paymentId, listed]));
  const mismatches: Mismatch[] = [];
  let matched = 0;
  const query = { provider, since: list.isOfMovements ? from : 0, movedSince: from, until: to };
  for await (const own of allPayments(db, query)) {
    const listed = unseen.get(own.reference ?? "") ?? byOurId.get(own.id);
    if (listed !== undefined) unseen.delete(listed.reference);
    const mismatch = compare(assets, own, listed);
    if (mismatch !== undefined) mismatches.push(mismatch);
    else if (listed !== undefined) matched++;
  }
  const extra = [...unseen.values()].filter(hasMoney).map((listed) => describeExtra(assets, listed));
  return { matched, mismatches: [...mismatches, ...extra], lineCount: list.lineCount };
}

async function* allPayments(
  db: Sql,
  query: { provider: string; since: number; movedSince: number; until: number },
): AsyncGenerator<OwnPayment> {
  let page: OwnPayment[];
  let afterId = 0;
  do {
    page = await selectOwnPayments(db, { ...query, afterId, limit: PAYMENTS_PER_READ });
    yield* page;
    afterId = page.at(-1)?.id ?? afterId;
  } while (page.length === PAYMENTS_PER_READ);
}

function compare(assets: Assets, own: OwnPayment, listed: ListedPayment | undefined): Mismatch | undefined {
  const { reference, id: paymentId, orderId } = own;
  const at = { reference, paymentId, orderId };
  if (listed === undefined) {
    if (!own.hasMoved) return undefined;
    const what = `payment ${paymentId} (${reference ?? "without the provider's id"}) is not in the list: here ${describeOwn(assets, own)}`;
    return { kind: "missing", what, ...at };
  }
  if (listed.currency === own.currency && hasSameAmounts(own, listed)) return undefined;
  const hint = own.isInFlight ? "; a step of it is under way here" : "";
  const what = `payment ${paymentId} (${listed.reference}) differs: here ${describeOwn(assets, own)}, there ${describeListed(assets, listed)}${hint}`;
  return { kind: "different", what, ...at, reference: listed.reference };
}

/** A provider may report the rest of a partial capture as refunded, and disputed money as taken before the dispute is lost. */
function hasSameAmounts(
  own: OwnPayment,
  { capturedMinor, refundedMinor, disputedMinor }: ListedPayment,
): boolean {
  const isPlain = capturedMinor === own.capturedMinor && refundedMinor === own.refundedMinor;
  const isWhole =
    capturedMinor === own.authorizedMinor && refundedMinor === own.refundedMinor + own.voidedMinor;
  const isDisputedAlike =
    disputedMinor === undefined ||
    disputedMinor === own.chargedBackMinor ||
    disputedMinor === own.chargedBackMinor + own.disputedMinor;
  return (isPlain || isWhole) && isDisputedAlike;
}

function hasMoney({ capturedMinor, refundedMinor, disputedMinor = 0n }: ListedPayment): boolean {
  return capturedMinor !== 0n || refundedMinor !== 0n || disputedMinor !== 0n;
}

function describeExtra(assets: Assets, listed: ListedPayment): Mismatch {
  const what = `${listed.reference} is not known here: there ${describeListed(assets, listed)}`;
  return {
    kind: "extra",
    what,
    reference: listed.reference,
    paymentId: listed.paymentId ?? null,
    orderId: null,
  };
}

function describeOwn(assets: Assets, own: OwnPayment): string {
  return describeAmounts(assets, { ...own, disputedMinor: own.chargedBackMinor + own.disputedMinor });
}

function describeListed(assets: Assets, listed: ListedPayment): string {
  return describeAmounts(assets, listed);
}

function describeAmounts(
  assets: Assets,
  {
    currency,
    capturedMinor,
    refundedMinor,
    disputedMinor = 0n,
  }: Omit<ListedPayment, "reference" | "paymentId">,
): string {
  const { scale = 0 } = assets.byCode(currency) ?? {};
  const amount = (minor: bigint) => formatAmount(minor, scale);
  const disputed = disputedMinor === 0n ? "" : `, ${amount(disputedMinor)} disputed`;
  return `${amount(capturedMinor)} ${currency} captured, ${amount(refundedMinor)} refunded${disputed}`;
}

/** The sandbox's own tables as its list: what it would export. */
export async function listSandbox(db: Sql): Promise<ProviderList> {
  const charges = await selectCharges(db);
  const payments = charges.map(
    ({ reference, currency, captured, refunded, metadata }): ListedPayment => ({
      reference,
      paymentId: JSON.parse(metadata).payment_id,
      currency,
      capturedMinor: captured,
      refundedMinor: refunded,
      disputedMinor: undefined,
    }),
  );
  return {
    payments: new Map(payments.map((payment) => [payment.reference, payment])),
    isOfMovements: false,
    firstAt: 0,
    lineCount: charges.length,
  };
}
