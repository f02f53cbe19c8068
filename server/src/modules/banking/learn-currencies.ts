// Learns of currencies that another process has added: before a request with an unknown currency is refused, the database is
// asked again, at most once a second.
import type { FastifyRequest } from "fastify";
import type { Assets } from "../ledger/index.ts";

/**
 * A hook that runs before the handlers; a known currency costs one look-up in memory. It runs for every route of the scope and
 * ignores bodies that no schema has checked (a webhook's body is still only bytes).
 */
export function learnCurrencies(
  assets: Pick<Assets, "byCode" | "lookAgain">,
): (request: FastifyRequest, reply: unknown, done: (error?: Error) => void) => void {
  const isUnknown = (code: unknown) => typeof code === "string" && assets.byCode(code) === undefined;
  return (request, _reply, done) => {
    const isJudged = request.routeOptions.schema?.body !== undefined;
    if (isJudged && namedCurrencies(request.body).some(isUnknown))
      assets.lookAgain().then(() => done(), done);
    else done();
  };
}

interface NamesCurrencies {
  readonly currency?: unknown;
  readonly base?: unknown;
  readonly quote?: unknown;
  readonly transactions?: unknown;
  readonly accounts?: unknown;
}

/** The body may have any form, because a schema may allow fields that it does not name. */
function namedCurrencies(body: unknown): unknown[] {
  if (!isRecord(body)) return [];
  const { currency, base, quote, transactions, accounts } = body;
  const list = transactions ?? accounts;
  if (!Array.isArray(list)) return [currency, base, quote];
  return list.filter(isRecord).map((item) => item.currency);
}

function isRecord(value: unknown): value is NamesCurrencies {
  return typeof value === "object" && value !== null;
}
