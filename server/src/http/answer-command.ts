// What a route of a command does once it has read its input: runs the command in a transaction with its key and its audit
// entry, and sends what came of it.
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Sql } from "../runtime/database.ts";
import type { Tx } from "../runtime/transaction.ts";
import { sendAnswer } from "./answer.ts";
import { runCommand } from "./command.ts";
import { readCommand } from "./command-record.ts";
import { formatETag } from "./version.ts";

export interface CommandRoute {
  readonly db: Sql;
  /** Its name on the audit trail, `noun.verb`. */
  readonly event: string;
  /** Default 200. */
  readonly status?: 200 | 201;
  /** The answer has a `version`, which is sent as ETag. */
  readonly isVersioned?: boolean;
}

/**
 * Runs `work` once per key and sends its answer.
 * @throws AppError `invalid/invalid_idempotency_key`, `refused/idempotency_key_reused`, and what `work` refuses
 */
export async function answerCommand(
  [request, reply]: readonly [FastifyRequest, FastifyReply],
  { db, event, status = 200, isVersioned = false }: CommandRoute,
  work: (tx: Tx) => Promise<object>,
): Promise<FastifyReply> {
  const answer = await runCommand(db, readCommand(request, event), work);
  if (isVersioned) reply.header("etag", formatETag(JSON.parse(answer.body)));
  return sendAnswer(reply, status, answer);
}
