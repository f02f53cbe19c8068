// Trades the days of a share: opens what is needed, then day by day the open's quote, the day's orders, the other three quotes and the
// closing. Where it stopped is asked of the server, and whatever is sent again is known there by its name: nothing is done twice.
import type { Api } from "../online-retail/api.ts";
import { InputError } from "../online-retail/input-error.ts";
import { CASH_AT_FIRST, planDay } from "./plan.ts";
import type { Day } from "./read-prices.ts";

export interface Market {
  readonly instrumentId: string;
  readonly cashId: string;
  readonly assetId: string;
  readonly trader: string;
}

interface Instrument {
  readonly id: string;
  readonly state: string;
  readonly session: number;
  readonly quote: { readonly sequence: number | null } | null;
}

type Progress = (done: number, total: number) => void;

/** Hours of the four quotes: they only have to come one after another. */
const HOURS = ["14:30", "16:30", "18:30", "21:00"];
const SOURCE = "market-history";

/** Makes the asset, the instrument, the trader's two accounts and the first cash, as far as they are not there. */
export async function openMarket(api: Api, code: string): Promise<Market> {
  const symbol = `${code}-USD`;
  const trader = `${code}-trader`;
  const assets = await api.list<{ code: string }>("/assets", { kind: "security", limit: "1000" });
  if (!assets.some((asset) => asset.code === code))
    await api.post("/assets", `${code}/asset`, { code, kind: "security", scale: 0 });
  const [known] = await api.list<Instrument>("/instruments", { symbol });
  const instrument =
    known ??
    (await api.post<Instrument>("/instruments", `${code}/instrument`, {
      ...{ symbol, name: `${code} in dollars`, asset: code, currency: "USD" },
      ...{ tick: "0.01", lot: "1", fee: 10, quote_stale_seconds: null },
    }));
  const accounts = await api.list<{ id: string; currency: string }>("/accounts", { owner_id: trader });
  const accountIn = async (currency: string) => {
    const own = accounts.find((account) => account.currency === currency);
    const account = { owner_id: trader, external_owner: true, currency };
    return (own ?? (await api.post<{ id: string }>("/accounts", `${code}/account/${currency}`, account))).id;
  };
  const [cashId, assetId] = [await accountIn("USD"), await accountIn(code)];
  const deposits = await api.list("/transactions", { account_id: cashId, type: "DEPOSIT" });
  if (deposits.length === 0) {
    const amount = cents(CASH_AT_FIRST);
    const deposit = { type: "deposit", account_id: cashId, amount, currency: "USD" };
    await api.post("/transactions", `${code}/deposit`, deposit);
  }
  return { instrumentId: instrument.id, cashId, assetId, trader };
}

/** @throws InputError where the server has more days than the file */
export async function tradeDays(
  days: readonly Day[],
  { api, market, onProgress }: { api: Api; market: Market; onProgress: Progress },
): Promise<void> {
  const { instrumentId } = market;
  const at = await api.get<Instrument>(`/instruments/${instrumentId}`);
  if (at.session > days.length) throw new InputError(`the server has ${at.session} days of it already`);
  for (let index = at.session; index < days.length; index += 1) {
    const day = days[index];
    if (day === undefined) break;
    await tradeDay({ index, day }, { api, market });
    onProgress(index + 1, days.length);
  }
}

interface Traded {
  readonly index: number;
  readonly day: Day;
}
interface At {
  readonly api: Api;
  readonly market: Market;
}

async function tradeDay(traded: Traded, at: At): Promise<void> {
  const { api, market } = at;
  const { date } = traded.day;
  const path = `/instruments/${market.instrumentId}`;
  await api.post(`${path}/open`, keyOf(traded, at, "open"), { reason: `${date} begins` });
  await sendQuotes(traded, at, [0]);
  await placeOrders(traded, at);
  await sendQuotes(traded, at, [1, 2, 3]);
  await api.post(`${path}/close`, keyOf(traded, at, "close"), { reason: `${date} is over` });
}

function keyOf({ index }: Traded, { market }: At, what: string): string {
  return `${market.trader}/${index}/${what}`;
}

async function sendQuotes(traded: Traded, at: At, which: readonly number[]): Promise<void> {
  const { index, day } = traded;
  const quotes = which.map((number) => {
    const price = cents(day.quotes[number] ?? 0);
    return {
      instrument_id: at.market.instrumentId,
      ...{ bid: price, ask: price, last: price, source: SOURCE },
      time: `${day.date}T${HOURS[number]}:00Z`,
      sequence: index * 4 + number,
    };
  });
  await at.api.post("/quotes", keyOf(traded, at, `quotes-${which.join("-")}`), { quotes });
}

/** In the plan's order, each by a name of its own. */
async function placeOrders(traded: Traded, at: At): Promise<void> {
  const { index, day } = traded;
  const { instrumentId, cashId, assetId } = at.market;
  const common = { instrument_id: instrumentId, cash_account_id: cashId, asset_account_id: assetId };
  const order = (name: string, fields: object) => ({
    ...common,
    client_order_id: `${name} ${index}`,
    ...fields,
  });
  const place = (name: string, fields: object) =>
    at.api.post("/trade-orders", keyOf(traded, at, name), order(name, fields));
  const { pair, dayLimit, trailing } = planDay(index, day.quotes[0]);
  if (pair !== undefined) {
    const quantity = String(pair.shares);
    await place("market", { side: "buy", type: "market", quantity });
    const stop = { side: "sell", type: "stop", quantity, stop_price: cents(pair.stop) };
    const limit = { side: "sell", type: "limit", quantity, limit_price: cents(pair.limit) };
    const orders = [order("stop-loss", stop), order("take-profit", limit)];
    await at.api.post("/trade-orders/pairs", keyOf(traded, at, "pair"), { orders });
  }
  if (dayLimit !== undefined) {
    const limit = { side: "buy", type: "limit", quantity: String(dayLimit.shares) };
    await place("limit", { ...limit, limit_price: cents(dayLimit.limit), time_in_force: "DAY" });
  }
  if (trailing !== undefined) {
    const quantity = String(trailing.shares);
    await place("market-too", { side: "buy", type: "market", quantity });
    const stop = { side: "sell", type: "trailing_stop", trail_percent: String(trailing.percent) };
    await place("trailing", { ...stop, quantity });
  }
}

export function cents(amount: number): string {
  return `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, "0")}`;
}
