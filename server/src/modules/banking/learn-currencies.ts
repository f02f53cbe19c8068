// Learns of currencies that another process has added: looks again, at most once a second, before a request that names
// an unknown one is refused.
import type { FastifyRequest } from "fastify";
import type { Assets } from "../ledger/index.ts";

/**
 * A hook that runs before the handlers; a known currency costs one look-up in memory. It holds for every route of the scope:
 * a body that no schema has judged is none of its business (a webhook's is still only bytes).
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

/** Whatever the body looks like: a schema may leave open what it does not name. */
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
