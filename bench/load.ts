// The load generator, a process of its own: gets the accounts once and then one stretch of load after another from the
// bench, over the channel that `fork` opens, and answers each with what it counted.

import { createOrderTraffic, type OrderShape } from "./load/order-traffic.ts";
import type { Spread } from "./load/pick-accounts.ts";
import { type LoadOptions, type LoadResult, runLoad } from "./load/run-load.ts";
import { shareStreams } from "./load/stream-connection.ts";
import {
  createBatchTraffic,
  createHealthTraffic,
  createReadTraffic,
  createStreamTraffic,
  createTransferTraffic,
  type LoadAccounts,
  type Traffic,
} from "./load/traffic.ts";

export interface LoadRequest extends LoadOptions {
  readonly traffic: "transfers" | "stream" | "batches" | "health" | "reads" | "orders";
  readonly spread: Spread;
  /** Of reads. */
  readonly paths?: readonly string[];
  readonly withToken?: boolean;
  /** Of orders. */
  readonly orders?: OrderShape;
}

export type LoadCommand = { readonly accounts: LoadAccounts } | { readonly load: LoadRequest };
export type LoadAnswer = { readonly result: LoadResult } | { readonly error: string };

function listen(): void {
  let accounts: LoadAccounts = { ids: [], tokens: [], currency: "" };
  process.on("message", async (command: LoadCommand) => {
    if ("accounts" in command) accounts = command.accounts;
    else process.send?.(await answer(command.load, accounts));
  });
}

async function answer(load: LoadRequest, accounts: LoadAccounts): Promise<LoadAnswer> {
  try {
    const openSlot = load.traffic === "stream" ? shareStreams(load.port, accounts.tokens) : undefined;
    return { result: await runLoad(createTraffic(load, accounts), load, openSlot) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

function createTraffic(load: LoadRequest, accounts: LoadAccounts): Traffic {
  if (load.traffic === "health") return createHealthTraffic();
  if (load.traffic === "orders" && load.orders !== undefined)
    return createOrderTraffic(accounts, load.orders);
  if (load.traffic === "reads")
    return createReadTraffic(load.paths ?? [], load.withToken === true ? accounts.tokens[0] : undefined);
  if (load.traffic === "stream") return createStreamTraffic(accounts);
  return load.traffic === "batches"
    ? createBatchTraffic(accounts)
    : createTransferTraffic(accounts, load.spread);
}

if (import.meta.main) listen();
