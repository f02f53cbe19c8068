// Compares what the ledger says that orders and payments own with what payments know. A journal that no event names, or a
// captured hold (payments release holds, they never capture them), means that money was moved without the payments.
import {
  countOwnedJournals,
  findCapturedHold,
  findUnknownJournal,
  type VerifySubject,
} from "../../ledger/index.ts";
import type { Found } from "./verify-difference.ts";
import * as store from "./verify-payments-store.ts";

/** An earlier check has found that all journals named by events exist: so equal counts mean equal sets. */
export async function checkOwned({ tx, assets, since }: VerifySubject): Found {
  const accountIds = assets
    .all()
    .flatMap(({ id, kind }) => (kind === "money" ? [assets.systemAccount(id, "sales")] : []));
  const holdId = await findCapturedHold(tx, accountIds);
  if (holdId !== undefined) {
    const what = `hold ${holdId} of a payment was captured, which no payment does: it releases and books anew`;
    return { check: "payment_owners", what, holdId };
  }
  const owned = { since, ownerTypes: ["order", "payment"], accountIds } as const;
  if ((await countOwnedJournals(tx, owned)) === (await store.countJournalsOfEvents(tx, since)))
    return undefined;
  const journalId = await findUnknownJournal(tx, owned, (range) => store.selectNamed(tx, "journal", range));
  if (journalId === undefined) return undefined;
  const what = `journal ${journalId} moved money of an order or a payment, and no payment knows of it`;
  return { check: "payment_owners", what, journalId };
}
