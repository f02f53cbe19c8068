// Learns of currencies that another process has added: looks again, at most once a second, before a request that names
// an unknown one is refused.
import type { FastifyRequest } from "fastify";
import type { Assets } from "../ledger/index.ts";

/** A hook that runs before the handlers; a known currency costs one look-up in memory. */
export function learnCurrencies(
  assets: Pick<Assets, "byCode" | "lookAgain">,
): (request: FastifyRequest, reply: unknown, done: (error?: Error) => void) => void {
  const isUnknown = (code: unknown) => typeof code === "string" && assets.byCode(code) === undefined;
  return (request, _reply, done) => {
    if (namedCurrencies(request.body).some(isUnknown)) assets.lookAgain().then(() => done(), done);
    else done();
  };
}

interface NamesCurrencies {
  readonly currency?: unknown;
  readonly base?: unknown;
  readonly quote?: unknown;
  readonly transactions?: readonly NamesCurrencies[];
  readonly accounts?: readonly NamesCurrencies[];
}

/** The body has passed its schema, so these fields are what they are named where they are present. */
function namedCurrencies(body: unknown): unknown[] {
  if (typeof body !== "object" || body === null) return [];
  const { currency, base, quote, transactions, accounts } = body as NamesCurrencies;
  const list = transactions ?? accounts;
  return list === undefined ? [currency, base, quote] : list.map((item) => item.currency);
}
