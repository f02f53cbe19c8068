// Payments to try things on: opens them at a desk as an order would, for the program or for the jobs under test.

import { getPayment, openPayment, type Payment, scopeOfOpening } from "../src/modules/payments/index.ts";
import type { CaptureMode, ProviderName } from "../src/modules/payments/payment.ts";
import { AppError } from "../src/values/app-error.ts";
import { euroOf, STAFF, type TestDesk } from "./desk.ts";

export interface TestPayment {
  readonly provider?: ProviderName;
  readonly token?: string;
  readonly amountMinor?: bigint;
  readonly captureMode?: CaptureMode;
  readonly customerId?: string;
  readonly accountId?: number;
}

/** Opens a payment of 12.00 EUR with a sixth of tax, unless told otherwise. @throws the refusal */
export async function openTestPayment(bank: TestDesk, fields: TestPayment = {}): Promise<Payment> {
  const { provider = "sandbox", amountMinor = 1_200n, customerId = "alice", accountId = null } = fields;
  const asset = euroOf(bank);
  const answer = await bank.carryOut({
    event: "order.place",
    actor: STAFF,
    scope: scopeOfOpening(bank.assets, { assetId: asset.id, accountId }),
    decide: (desk) => {
      const opened = openPayment(desk, {
        actor: STAFF,
        provider,
        orderId: null,
        customerId,
        asset,
        amountMinor,
        taxMinor: amountMinor / 6n,
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
