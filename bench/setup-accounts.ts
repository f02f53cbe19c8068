// Opens the bench's accounts over HTTP as an admin and puts money on each: 64 customers own them in turn.
import { randomUUID } from "node:crypto";
import type { LoadAccounts } from "./load/traffic.ts";
import { CUSTOMER_COUNT, mintAdminToken, mintCustomerTokens, nameCustomer } from "./tokens.ts";

const CURRENCY = "EUR";
/** Enough that no account runs dry, and below the amount that the default risk rule finds suspicious. */
const OPENING_AMOUNT = "9000.00";
const PER_REQUEST = 1_000;

export interface Api {
  readonly port: number;
  readonly jwtSecret: string;
}

/** Opens `count` accounts after the `existing` ones. */
export async function setUpAccounts(
  api: Api,
  count: number,
  existing: readonly string[] = [],
): Promise<LoadAccounts> {
  const token = await mintAdminToken(api.jwtSecret);
  const ids = [...existing];
  while (ids.length < existing.length + count) {
    const length = Math.min(PER_REQUEST, existing.length + count - ids.length);
    const opened = await openAccounts(api.port, token, { first: ids.length, length });
    await depositOpeningAmount(api.port, token, opened);
    ids.push(...opened);
  }
  return { ids, tokens: await mintCustomerTokens(api.jwtSecret), currency: CURRENCY };
}

async function openAccounts(
  port: number,
  token: string,
  range: { first: number; length: number },
): Promise<string[]> {
  const owners = Array.from({ length: range.length }, (_, index) =>
    nameCustomer((range.first + index) % CUSTOMER_COUNT),
  );
  const accounts = owners.map((owner) => ({ owner_id: owner, external_owner: true, currency: CURRENCY }));
  const answer = await post<{ accounts: { id: string }[] }>(
    { port, token, path: "/api/v1/accounts/batch" },
    { accounts },
  );
  return answer.accounts.map((account) => account.id);
}

async function depositOpeningAmount(port: number, token: string, ids: readonly string[]): Promise<void> {
  const transactions = ids.map((id) => ({
    type: "deposit",
    account_id: id,
    amount: OPENING_AMOUNT,
    currency: CURRENCY,
  }));
  const to = { port, token, path: "/api/v1/transactions/batch" };
  const { posted } = await post<{ posted: number }>(to, { mode: "independent", transactions });
  if (posted !== ids.length) throw new Error(`only ${posted} of ${ids.length} opening deposits were posted`);
}

async function post<Answer>(
  to: { port: number; token: string; path: string },
  body: unknown,
): Promise<Answer> {
  const headers = {
    authorization: `Bearer ${to.token}`,
    "content-type": "application/json",
    "idempotency-key": randomUUID(),
  };
  const answer = await fetch(`http://127.0.0.1:${to.port}${to.path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${to.path} answered ${answer.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text) as Answer;
}
