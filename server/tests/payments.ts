// Payments to try things on: opens them at a desk as an order would, for the program, for the jobs, or for commands under test.
import { needOwners } from "../src/modules/banking/index.ts";
import type { CommandOutcome, Desk } from "../src/modules/desk/index.ts";
import { changeAccount } from "../src/modules/ledger/index.ts";
import type { Attempt } from "../src/modules/payments/attempts/attempt.ts";
import { selectAttempts } from "../src/modules/payments/attempts/attempt-store.ts";
import {
  ATTEMPTS,
  getPayment,
  openPayment,
  PAYMENTS,
  type Payment,
  type PaymentKeeper,
  recordOutcome,
  scopeOf,
  scopeOfOpening,
} from "../src/modules/payments/index.ts";
import type { CaptureMode, ProviderName } from "../src/modules/payments/payment.ts";
import { selectEvents } from "../src/modules/payments/payment-store.ts";
import type { ProviderReport } from "../src/modules/payments/providers/card-provider.ts";
import { inTransaction } from "../src/runtime/transaction.ts";
import type { Actor } from "../src/values/actor.ts";
import { AppError } from "../src/values/app-error.ts";
import { answerOf, euroOf, keyed, openTestDesk, STAFF, type TestDesk } from "./desk.ts";

export interface TestPayment {
  readonly provider?: ProviderName;
  readonly token?: string;
  readonly amountMinor?: bigint;
  readonly captureMode?: CaptureMode;
  readonly customerId?: string;
  readonly accountId?: number;
  /** Minor units; a sixth of the amount unless given. */
  readonly taxMinor?: bigint;
  readonly actor?: Actor;
  /** Placed under this key. */
  readonly key?: string;
}

/** Opens a payment of 12.00 EUR with a sixth of tax, unless told otherwise. @throws the refusal */
export async function openTestPayment(bank: TestDesk, fields: TestPayment = {}): Promise<Payment> {
  const { provider = "sandbox", amountMinor = 1_200n, customerId = "alice", accountId = null } = fields;
  const { actor = STAFF, taxMinor = amountMinor / 6n, key } = fields;
  const asset = euroOf(bank);
  const answer = await bank.carryOut({
    event: "order.place",
    actor,
    key: key === undefined ? undefined : keyed(actor, key, fields.provider),
    scope: scopeOfOpening(bank.assets, { assetId: asset.id, accountId }),
    needs: needOwners(actor, accountId === null ? [] : [accountId]),
    decide: (desk) => {
      const opened = openPayment(desk, {
        actor,
        provider,
        orderId: null,
        customerId,
        asset,
        amountMinor,
        taxMinor,
        captureMode: fields.captureMode,
        reference: "order 7",
        accountId: accountId ?? undefined,
        methodToken: fields.token,
      });
      return opened instanceof AppError ? opened : { answer: JSON.stringify({ id: opened.id }), counted: [] };
    },
  });
  return getPayment(bank.db, answer.id);
}

/** What a provider says of a whole payment of 12.00. */
export const AUTHORIZED = { type: "authorized", totalMinor: 1_200n } as const satisfies ProviderReport;

export function captured(totalMinor: bigint, isFinal = true): ProviderReport {
  return { type: "captured", totalMinor, isFinal };
}

/** A desk with nobody listening and no jobs: what a provider says, and when, is told by the test. */
export interface TestPayments extends TestDesk {
  readonly keeper: PaymentKeeper;
  /** @throws the refusal */
  readonly open: (fields?: TestPayment) => Promise<Payment>;
  /** An account of Alice's with 100.00 EUR and a payment of it. */
  readonly openBalance: (fields?: TestPayment) => Promise<Payment & { accountId: number }>;
  /** A card's payment of 12.00 that is captured; its id. */
  readonly openPaid: () => Promise<number>;
  readonly read: (paymentId: number) => Promise<Payment>;
  /** Decides on a payment inside a command of a higher module, as an order's does. @throws the refusal */
  readonly act: (paymentId: number, decide: (desk: Desk, payment: Payment) => unknown) => Promise<Payment>;
  /** The provider says of a payment how it stands. @throws the refusal */
  readonly tell: (paymentId: number, ...reports: ProviderReport[]) => Promise<Payment>;
  /** The same, and a person takes it for true though it is not what was asked for. */
  readonly accept: (paymentId: number, ...reports: ProviderReport[]) => Promise<Payment>;
  readonly attemptsOf: (paymentId: number) => Promise<Attempt[]>;
  /** `type amount` of each, oldest first. */
  readonly eventsOf: (paymentId: number) => Promise<string[]>;
  readonly setAccount: (accountId: number, state: "open" | "frozen" | "closed") => Promise<void>;
}

/** On a database of its own or, with `databaseUrl`, as a second process beside another. */
export async function openTestPayments(options: { databaseUrl?: string } = {}): Promise<TestPayments> {
  const bank = await openTestDesk(options);
  const { db, desk, assets } = bank;
  const keeper: PaymentKeeper = { db, desk, assets, listener: () => undefined };
  const open = (fields?: TestPayment) => openTestPayment(bank, fields);
  const record = async (paymentId: number, reports: ProviderReport[], isAccepted: boolean) => {
    const answer = { reference: `charge ${paymentId}`, reports };
    await recordOutcome(keeper, { paymentId, answer, isAccepted });
    return getPayment(db, paymentId);
  };
  const tell = (paymentId: number, ...reports: ProviderReport[]) => record(paymentId, reports, false);
  return {
    ...bank,
    keeper,
    open,
    openBalance: async (fields) => {
      const accountId = await bank.openAccount({ owner: "alice", balance: 10_000n });
      return { ...(await open({ ...fields, provider: "balance", accountId })), accountId };
    },
    openPaid: async () => {
      const { id } = await open({ captureMode: "automatic" });
      await tell(id, captured(1_200n));
      return id;
    },
    read: (paymentId) => getPayment(db, paymentId),
    act: async (paymentId, decide) => {
      answerOf(await submitAct(bank, paymentId, decide));
      return getPayment(db, paymentId);
    },
    tell,
    accept: (paymentId, ...reports) => record(paymentId, reports, true),
    attemptsOf: (paymentId) => selectAttempts(db, paymentId),
    eventsOf: async (paymentId) =>
      (await selectEvents(db, paymentId)).map(({ type, amountMinor }) => `${type} ${amountMinor}`),
    setAccount: async (accountId, state) => {
      const request = { actorId: STAFF.id, state };
      await inTransaction(db, (tx) => changeAccount(tx, accountId, { request, check: () => undefined }));
    },
  };
}

async function submitAct(
  { db, desk, assets }: TestDesk,
  paymentId: number,
  decide: (desk: Desk, payment: Payment) => unknown,
): Promise<CommandOutcome> {
  const known = await getPayment(db, paymentId);
  return desk.submit({
    event: "order.change",
    actor: STAFF,
    scope: scopeOf(assets, [known]),
    needs: [PAYMENTS, ATTEMPTS].map((reader) => ({ reader, ids: [paymentId] })),
    decide: (at) => {
      const payment = at.rows.of(PAYMENTS).get(paymentId);
      if (payment === undefined) throw new Error("no payment");
      const decided = decide(at, payment);
      return decided instanceof AppError ? decided : { answer: "{}", counted: [] };
    },
  });
}

/** The sum of a system account in euros. */
export async function readSystemBalance(
  bank: TestDesk,
  name: "sales" | "tax" | "clearing" | "world",
): Promise<bigint> {
  const id = bank.assets.systemAccount(bank.assets.byCode("EUR")?.id ?? 0, name);
  const [row] = await bank.db<{ balance: string }[]>`
    SELECT coalesce(sum(credits_posted - debits_posted), 0)::text AS balance FROM ledger.system_balances WHERE account_id = ${id}`;
  return BigInt(row?.balance ?? 0);
}
