// Answers that were remembered in short are told again, by the ledger's rows and the command that repeats the request. Only a
// command of the same kind can: any other has another path, and its key was used for another request.
import type { RememberedAnswer, ShortAnswer } from "../../runtime/idempotency.ts";
import type { Tx } from "../../runtime/transaction.ts";
import { type Assets, findPostedTransfers } from "../ledger/index.ts";
import type { BookCommand } from "./book-command.ts";

/** Another round trip where a key of the batch is remembered in short: for repeats alone. */
export async function recallShort(
  tx: Tx,
  commands: readonly BookCommand[],
  { remembered, assets }: { remembered: ReadonlyMap<string, RememberedAnswer>; assets: Assets },
): Promise<ReadonlyMap<string, RememberedAnswer>> {
  const ids = [...remembered.values()].flatMap(({ short }) => short?.journalId ?? []);
  if (ids.length === 0) return remembered;
  const posted = await findPostedTransfers(tx, ids);
  const told = new Map(remembered);
  for (const { key, recall } of commands) {
    const before = key === undefined ? undefined : remembered.get(key.keyHash);
    if (key === undefined || recall === undefined || before?.short === undefined) continue;
    const row = posted.get(before.short.journalId);
    if (row === undefined) told.set(key.keyHash, describeArchived(key.request, before.short));
    else told.set(key.keyHash, { ...before, ...recall(before.short, row, assets) });
  }
  return told;
}

/** Its month was detached while the key was still kept. Nothing is booked again, and the batch's other commands go on. */
function describeArchived(request: string, { journalId }: ShortAnswer): RememberedAnswer {
  const message = `transaction ${journalId} was posted under this Idempotency-Key, and is not in the ledger any more`;
  const details = { message, transaction_id: String(journalId) };
  return {
    request,
    outcome: "conflict",
    answer: JSON.stringify({ code: "idempotency_answer_archived", details }),
  };
}
