// What the load consists of: the text of each request, and what its answer says was accepted. Requests are put together
// from a prefix per customer, because building headers anew would be half the cost of a request.
import { randomUUID } from "node:crypto";
import { createPicker, type Spread } from "./pick-accounts.ts";

export const BATCH_LENGTH = 1_000;
const AMOUNT_MINOR_MAX = 100;

/** The accounts of the bench; the account at position i belongs to the customer of `tokens[i % tokens.length]`. */
export interface LoadAccounts {
  readonly ids: readonly string[];
  readonly tokens: readonly string[];
  readonly currency: string;
}

export interface Accepted {
  transfers: number;
  amountMinor: number;
  orders: number;
}

/** `slot` is the connection: it has one request in flight, so what was asked can be kept by slot until the answer. */
export interface Traffic {
  readonly nextRequest: (slot: number) => string;
  readonly readAnswer: (slot: number, status: number, body: string) => void;
  readonly accepted: Accepted;
}

export function createHealthTraffic(): Traffic {
  const request = "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  return {
    nextRequest: () => request,
    readAnswer: () => undefined,
    accepted: { transfers: 0, amountMinor: 0, orders: 0 },
  };
}

/** Reads, one path after another: a visitor's, or with a token a customer's. */
export function createReadTraffic(paths: readonly string[], token: string | undefined): Traffic {
  const authorization = token === undefined ? "" : `Authorization: Bearer ${token}\r\n`;
  const requests = paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${authorization}\r\n`);
  let next = 0;
  return {
    nextRequest: () => requests[next++ % requests.length] ?? "",
    readAnswer: () => undefined,
    accepted: { transfers: 0, amountMinor: 0, orders: 0 },
  };
}

/** One transfer a request, each sent by the owner of the account that pays. */
export function createTransferTraffic(accounts: LoadAccounts, spread: Spread): Traffic {
  const { ids, tokens, currency } = accounts;
  const prefixes = tokens.map((token) => formatPrefix("/api/v1/transactions", token));
  const pick = createPicker(spread, ids.length);
  const amounts: number[] = [];
  const accepted = { transfers: 0, amountMinor: 0, orders: 0 };
  return {
    accepted,
    nextRequest(slot) {
      const { debit, credit } = pick();
      const amount = pickAmount();
      amounts[slot] = amount;
      const body = `{"type":"transfer","account_id":"${ids[debit]}","to_account_id":"${ids[credit]}","amount":"${formatMinor(amount)}","currency":"${currency}"}`;
      return formatRequest(prefixes[debit % prefixes.length], body);
    },
    readAnswer(slot, status) {
      if (status !== 201) return;
      accepted.transfers += 1;
      accepted.amountMinor += amounts[slot] ?? 0;
    },
  };
}

/** One transfer a message on streams, each from an account of its stream's customer, as `shareStreams` gives slots to them. */
export function createStreamTraffic(accounts: LoadAccounts): Traffic {
  const { tokens } = accounts;
  const amounts: number[] = [];
  const accepted = { transfers: 0, amountMinor: 0, orders: 0 };
  return {
    accepted,
    nextRequest(slot) {
      const amount = pickAmount();
      amounts[slot] = amount;
      const body = formatBatchItem(accounts, slot % tokens.length, amount);
      return `{"id":${slot},"op":"POST /transactions","key":"${randomUUID()}","body":${body}}`;
    },
    readAnswer(slot, status) {
      if (status !== 201) return;
      accepted.transfers += 1;
      accepted.amountMinor += amounts[slot] ?? 0;
    },
  };
}

/** 1,000 independent transfers a request, all from accounts of one customer, to accounts of anybody. */
export function createBatchTraffic(accounts: LoadAccounts): Traffic {
  const { tokens } = accounts;
  const prefixes = tokens.map((token) => formatPrefix("/api/v1/transactions/batch", token));
  const amounts: number[][] = [];
  const accepted = { transfers: 0, amountMinor: 0, orders: 0 };
  return {
    accepted,
    nextRequest(slot) {
      const customer = Math.floor(Math.random() * tokens.length);
      const asked = Array.from({ length: BATCH_LENGTH }, pickAmount);
      amounts[slot] = asked;
      const items = asked.map((amount) => formatBatchItem(accounts, customer, amount));
      return formatRequest(prefixes[customer], `{"mode":"independent","transactions":[${items.join(",")}]}`);
    },
    readAnswer(slot, status, body) {
      if (status >= 300) return;
      for (const amount of keepPosted(amounts[slot] ?? [], body)) {
        accepted.transfers += 1;
        accepted.amountMinor += amount;
      }
    },
  };
}

function formatBatchItem({ ids, tokens, currency }: LoadAccounts, customer: number, amount: number): string {
  const debit = customer + tokens.length * Math.floor(Math.random() * Math.floor(ids.length / tokens.length));
  const credit = (debit + 1 + Math.floor(Math.random() * (ids.length - 1))) % ids.length;
  return `{"type":"transfer","account_id":"${ids[debit]}","to_account_id":"${ids[credit]}","amount":"${formatMinor(amount)}","currency":"${currency}"}`;
}

/** The head of the answer says how many were posted; the whole is parsed only where some were not. */
function keepPosted(asked: readonly number[], body: string): readonly number[] {
  if (Number(/"posted":(\d+)/.exec(body.slice(0, 200))?.[1]) === asked.length) return asked;
  const { results } = JSON.parse(body) as { results: readonly { status?: string }[] };
  return asked.filter((_, index) => results[index]?.status === "posted");
}

function pickAmount(): number {
  return 1 + Math.floor(Math.random() * AMOUNT_MINOR_MAX);
}

export function formatPrefix(path: string, token: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nIdempotency-Key: `;
}

export function formatRequest(prefix: string | undefined, body: string): string {
  return `${prefix}${randomUUID()}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

function formatMinor(amountMinor: number): string {
  return amountMinor < 100 ? `0.${String(amountMinor).padStart(2, "0")}` : "1.00";
}
