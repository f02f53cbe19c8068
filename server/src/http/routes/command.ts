// Runs a command that is not on the hot path: one transaction, which also stores its idempotency key. Refusals are
// stored too, in a transaction of their own, because the command's was rolled back. Either way the audit entry
// is written in the same transaction; a repeat that only gets its stored answer writes none.
import type { Sql } from "../../runtime/database.ts";
import {
  checkSameRequest,
  findRemembered,
  holdEpoch,
  type KeyedRequest,
  remember,
} from "../../runtime/idempotency.ts";
import { inTransaction, type Tx } from "../../runtime/transaction.ts";
import { AppError } from "../../values/app-error.ts";
import type { CommandRequest } from "./command-record.ts";

export interface CommandAnswer {
  /** JSON text. */
  readonly body: string;
  readonly replayed: boolean;
}

/**
 * Runs `work` once per key: a repeated key gets the stored answer. Where two requests use one key at once, the second waits for
 * the first (the key's unique index), is retried and then replays it.
 * @throws AppError what `work` refused, now or when the key was first used; `refused/idempotency_key_reused`
 */
export async function runCommand(
  db: Sql,
  command: CommandRequest,
  work: (tx: Tx) => Promise<object>,
): Promise<CommandAnswer> {
  try {
    return await inTransaction(
      db,
      async (tx) => (await findAnswer(tx, command.key)) ?? (await runOnce(tx, command, work)),
    );
  } catch (error) {
    if (
      error instanceof AppError &&
      error.kind !== "unavailable" &&
      error.code !== "idempotency_key_reused"
    ) {
      const answer = await rememberRefusal(db, command, error);
      if (answer !== undefined) return answer;
    }
    throw error;
  }
}

async function findAnswer(tx: Tx, key: KeyedRequest | undefined): Promise<CommandAnswer | undefined> {
  if (key === undefined) return undefined;
  await holdEpoch(tx);
  const before = (await findRemembered(tx, [key.keyHash])).get(key.keyHash);
  if (before === undefined) return undefined;
  checkSameRequest(before, key.request);
  if (before.outcome === "done") return { body: before.answer, replayed: true };
  const { code, details } = JSON.parse(before.answer);
  throw new AppError(before.outcome, code, details);
}

async function runOnce(
  tx: Tx,
  { key, record }: CommandRequest,
  work: (tx: Tx) => Promise<object>,
): Promise<CommandAnswer> {
  const answer = await work(tx);
  const body = JSON.stringify(answer);
  await record(tx, { answer });
  if (key !== undefined)
    await remember(tx, new Map([[key.keyHash, { request: key.request, outcome: "done", answer: body }]]));
  return { body, replayed: false };
}

/** Returns the answer that the key has by now: the original request was under way, and what it did refused this repeat. */
function rememberRefusal(
  db: Sql,
  { key, record }: CommandRequest,
  refused: AppError,
): Promise<CommandAnswer | undefined> {
  return inTransaction(db, async (tx) => {
    if (key !== undefined) {
      const answer = await findAnswer(tx, key);
      if (answer !== undefined) return answer;
      const { kind: outcome, code, details } = refused;
      const refusal = { request: key.request, outcome, answer: JSON.stringify({ code, details }) };
      await remember(tx, new Map([[key.keyHash, refusal]]));
    }
    await record(tx, { refused });
    return undefined;
  });
}
