// Connects risk's fraud check to the placing of orders. What it must know in advance about
// the customers is read once for all who order at the same time; the rest is read with the desk's batch.

import type { Sql } from "../../../runtime/database.ts";
import { createGroupCommit } from "../../../runtime/group-commit.ts";
import type { Vault } from "../../../runtime/vault/vault.ts";
import { actsForAll } from "../../../values/actor.ts";
import { findRegistrations, type RegisteredUser } from "../../identity/index.ts";
import type { Assets } from "../../ledger/index.ts";
import type { FraudCheck } from "../../risk/index.ts";
import type { PreparedScreen, Screen, ScreenedOrder } from "./screen.ts";

export interface ScreeningOptions {
  readonly db: Sql;
  readonly vault: Vault;
  readonly assets: Assets;
}

const READ_AT_ONCE_MAX = 500;
const WAITING_MAX = 10_000;

/** @param check undefined: orders are not screened */
export function openScreening(
  check: FraudCheck | undefined,
  { db, vault, assets }: ScreeningOptions,
): Screen | undefined {
  if (check === undefined) return undefined;
  const registrations = createGroupCommit<string, RegisteredUser | undefined>({
    commitBatch: async (ids) => {
      const found = await findRegistrations({ db, vault }, ids);
      return ids.map((id) => found.get(id));
    },
    batchWeightMax: READ_AT_ONCE_MAX,
    queueWeightMax: WAITING_MAX,
  });
  return {
    prepare: async (order) => {
      if (actsForAll(order.actor)) return undefined;
      const { customerId } = order;
      const registration = customerId === null ? undefined : await registrations.submit(customerId);
      return screenWith(check, { order, registration, assets });
    },
  };
}

function screenWith(
  check: FraudCheck,
  {
    order,
    registration,
    assets,
  }: { order: ScreenedOrder; registration: RegisteredUser | undefined; assets: Assets },
): PreparedScreen {
  const { customerId, currency, ip } = order;
  const shippingAddress = order.shippingAddress ?? undefined;
  const billingAddress = order.billingAddress ?? undefined;
  const emails = [registration?.email, shippingAddress?.["email"], billingAddress?.["email"]];
  const prepared = check.prepare({
    customerId,
    emails: emails.filter((email) => email !== undefined),
    ip,
    shippingAddress,
    billingAddress,
    registeredAt: registration?.registeredAt,
  });
  const scale = assets.byCode(currency)?.scale ?? 2;
  return {
    needs: prepared.needs,
    judge: (desk, totalMinor) => {
      const { now, firstStamp } = desk.book;
      const amount = { totalMinor, currency, scale, now, firstStamp };
      const judgement = check.judge(desk.rows, prepared, amount);
      return {
        verdict: judgement.verdict,
        score: judgement.score,
        reasons: judgement.findings.map(({ reason }) => reason),
        keep: (orderId) => check.keep(desk.rows, prepared, { orderId, judgement }),
      };
    },
  };
}
