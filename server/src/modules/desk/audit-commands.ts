// Writes one audit entry for each command at the desk, whatever the command booked, also when it was refused. A repeated
// command that got its remembered answer did nothing, so it leaves no entry.
//
// Each entry names the stamps that its command took, so that every journal of the ledger can be found in the trail.
import { describeAuditActor } from "../../values/actor.ts";
import { AppError } from "../../values/app-error.ts";
import type { AuditEntry } from "../audit/index.ts";
import type { Book, Hold } from "../ledger/index.ts";
import type { BookCommand, Decision } from "./book-command.ts";

/** The actor of the desk's own acts, such as expiring a hold: no request asked for them. */
const OWN_ORIGIN = { requestId: "desk" };

/**
 * @param firstStamp the book's next stamp before the command was decided
 * @returns undefined for a command of upkeep
 */
export function describeCommand(
  command: BookCommand,
  decision: Decision | AppError,
  { book, firstStamp }: { book: Book; firstStamp: number },
): AuditEntry | undefined {
  if (command.event === null) return undefined;
  const refused = decision instanceof AppError;
  return {
    event: command.event,
    ...describeAuditActor(command.actor),
    resource:
      namedResource(decision) ?? refusedTransaction(decision) ?? findResource(command, book, firstStamp),
    outcome: refused ? "refused" : "success",
    code: refused ? decision.code : undefined,
    origin: command.origin ?? OWN_ORIGIN,
    details: refused
      ? decision.trail
      : describeDetails(command, decision, { last: book.nextStamp - 1, first: firstStamp }),
  };
}

function namedResource(decision: Decision | AppError): AuditEntry["resource"] {
  return decision instanceof AppError ? undefined : decision.resource;
}

/** Where a refusal is kept as a FAILED transaction, the entry names that transaction. */
function refusedTransaction(decision: Decision | AppError): AuditEntry["resource"] {
  const id = decision instanceof AppError ? decision.details["transaction_id"] : undefined;
  return typeof id === "string" ? { type: "transaction", id } : undefined;
}

function findResource(
  { scope }: BookCommand,
  { accounts, nextStamp }: Book,
  firstStamp: number,
): AuditEntry["resource"] {
  const [holdId] = scope.holdIds ?? [];
  if (holdId !== undefined) return { type: "hold", id: String(holdId) };
  if (nextStamp > firstStamp) return { type: "transaction", id: String(firstStamp) };
  for (const id of scope.accountIds)
    if (accounts.get(id)?.system !== true) return { type: "account", id: String(id) };
  return undefined;
}

/** Names the first stamp, unless it is the resource itself. */
function describeDetails(
  { scope }: BookCommand,
  decision: Decision,
  { last, first }: { last: number; first: number },
): AuditEntry["details"] {
  const [reversedId] = scope.reversedIds ?? [];
  const isOther = decision.resource !== undefined || (scope.holdIds?.length ?? 0) > 0;
  if (reversedId === undefined && last <= first && !isOther) return decision.details;
  return {
    ...decision.details,
    reverses: reversedId === undefined ? undefined : String(reversedId),
    first_stamp: isOther && last >= first ? String(first) : undefined,
    last_stamp: last > first ? String(last) : undefined,
  };
}

export function describeExpiredHold(hold: Hold): AuditEntry {
  return {
    event: "hold.expire",
    actorId: "system",
    actorKind: "system",
    resource: { type: "hold", id: String(hold.id) },
    outcome: "success",
    origin: OWN_ORIGIN,
  };
}
