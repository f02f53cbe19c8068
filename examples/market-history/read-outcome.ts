// Reads back from the API what became of the plan, by the names that its orders were given.
import { setTimeout as sleep } from "node:timers/promises";
import type { Api } from "../online-retail/api.ts";
import { type Figures, KINDS, type Kind, type Outcome } from "./plan.ts";
import type { Market } from "./trade-days.ts";

interface TradeOrder {
  readonly client_order_id: string | null;
  readonly status: string;
  readonly filled_quantity: string;
  readonly money: string;
  readonly fees: string;
}

const KIND_OF: ReadonlyMap<string, Kind> = new Map([
  ["market", "market buys"],
  ["market-too", "market buys"],
  ["limit", "limit buys"],
  ["stop-loss", "stop-loss sells"],
  ["take-profit", "take-profit sells"],
  ["trailing", "trailing-stop sells"],
]);
const NOTHING: Figures = { fills: 0, shares: 0, cents: 0, fees: 0 };
const PAUSE_MS = 200;

export async function readOutcome(api: Api, market: Market): Promise<Outcome> {
  const { trader, instrumentId, cashId, assetId } = market;
  const query = { owner_id: trader, instrument_id: instrumentId, limit: "1000" };
  // What a run that was killed left fired, the server fills by itself.
  while ((await api.list("/trade-orders", { ...query, status: "PROCESSING" })).length > 0)
    await sleep(PAUSE_MS);
  const orders = await api.list<TradeOrder>("/trade-orders", query);
  const balanceOf = async (id: string) =>
    (await api.get<{ balance: string }>(`/accounts/${id}/balance`)).balance;
  const counted = (status: string) => orders.filter((order) => order.status === status).length;
  const kinds = Object.fromEntries(KINDS.map((kind) => [kind, sumOf(orders, kind)])) as Outcome["kinds"];
  return {
    kinds,
    expired: counted("EXPIRED"),
    cancelled: counted("CANCELLED"),
    open: counted("CONFIRMED") + counted("QUEUED"),
    cash: toCents(await balanceOf(cashId)),
    shares: Number(await balanceOf(assetId)),
  };
}

function sumOf(orders: readonly TradeOrder[], kind: Kind): Figures {
  return orders
    .filter(({ client_order_id: id }) => KIND_OF.get(id?.split(" ")[0] ?? "") === kind)
    .filter(({ status }) => status === "COMPLETED")
    .reduce(
      (sum, order) => ({
        fills: sum.fills + 1,
        shares: sum.shares + Number(order.filled_quantity),
        cents: sum.cents + toCents(order.money),
        fees: sum.fees + toCents(order.fees),
      }),
      NOTHING,
    );
}

function toCents(amount: string): number {
  return Number(amount.replace(".", ""));
}
