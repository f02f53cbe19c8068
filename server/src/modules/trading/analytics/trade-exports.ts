// Defines `countinghouse export trades` and `export portfolios`: executions, and what owners' positions were worth day by day.
import type { Sql } from "../../../runtime/database.ts";
import { inReadTransaction, type Tx } from "../../../runtime/transaction.ts";
import type { Exported } from "../../../values/exported.ts";
import { formatAmount } from "../../../values/money.ts";
import { formatStamp } from "../../../values/time.ts";
import { type Assets, loadAssets } from "../../ledger/index.ts";
import type { ExportOption, ExportTarget, RowExport } from "../../module.ts";
import { formatPrice } from "../instruments/describe-instrument.ts";
import { sidesOf } from "../instruments/instrument.ts";
import { selectGainSettings } from "../positions/position-store.ts";
import { type ExportedTrade, selectSnapshotPage, selectTradePage } from "./export-store.ts";
import type { Snapshot } from "./snapshot-store.ts";

interface Options {
  readonly owner?: string;
}

const OPTIONS: readonly ExportOption[] = [{ flags: "--owner <id>", description: "only those of one owner" }];
const PAGE = 1_000;

export interface TradeRow {
  readonly id: string;
  readonly executed_at: string;
  readonly trade_order_id: string;
  readonly owner_id: string;
  readonly symbol: string;
  readonly side: string;
  readonly quantity: string;
  readonly price: string;
  readonly money: string;
  readonly fee: string;
  readonly currency: string;
  readonly realized: string;
  readonly cost_basis: string | null;
  readonly rate: string | null;
  readonly realized_reporting: string | null;
  readonly currency_gain: string | null;
  readonly reporting_currency: string;
  readonly transaction_id: string;
}

export const TRADE_EXPORT: RowExport<TradeRow, Options> = {
  name: "trades",
  noun: "trade",
  description: "write executions, newest first, as of one moment; amounts as decimals, times in UTC",
  options: OPTIONS,
  examples: [
    ["countinghouse export trades --out november.csv --from 2026-11-01 --to 2026-12-01", "into EXPORT_DIR"],
    ["countinghouse export trades --format ndjson --owner alice | jq .realized", "one owner, to a program"],
  ],
  columns: [
    "id",
    "executed_at",
    "trade_order_id",
    "owner_id",
    "symbol",
    "side",
    "quantity",
    "price",
    "money",
    "fee",
    "currency",
    "realized",
    "cost_basis",
    "rate",
    "realized_reporting",
    "currency_gain",
    "reporting_currency",
    "transaction_id",
  ],
  texts: ["owner_id"],
  timeOf: (row) => row.executed_at,
  writeRows: async (db, { owner: ownerId, from, to }, target) => {
    const assets = await loadAssets(db);
    const { reportingCurrency } = (await selectGainSettings(db)).settings;
    const read = (tx: Tx, last: ExportedTrade | undefined, limit: number) =>
      selectTradePage(tx, { ownerId, from, before: last?.execution.id ?? to, limit });
    const describe = (trade: ExportedTrade) => describeTrade(assets, trade, reportingCurrency);
    return writePages(db, { read, describe }, target);
  },
};

function describeTrade(assets: Assets, trade: ExportedTrade, reportingCurrency: string): TradeRow {
  const { execution, symbol, currency } = trade;
  const { scales } = sidesOf(assets, trade);
  const money = (value: bigint) => formatAmount(value, scales.money);
  const reporting = (value: bigint | null) =>
    value === null ? null : formatAmount(value, assets.byCode(reportingCurrency)?.scale ?? 0);
  return {
    id: String(execution.id),
    executed_at: formatStamp(execution.id),
    trade_order_id: String(execution.orderId),
    owner_id: execution.ownerId,
    ...{ symbol, side: execution.side },
    quantity: formatAmount(execution.quantity, scales.asset),
    price: formatPrice(execution.price, scales.money),
    money: money(execution.money),
    fee: money(execution.fee),
    currency,
    realized: money(execution.realized),
    cost_basis: execution.basis,
    rate: execution.rate,
    realized_reporting: reporting(execution.realizedReporting),
    currency_gain: reporting(execution.currencyGain),
    reporting_currency: reportingCurrency,
    transaction_id: String(execution.journalId),
  };
}

export interface PortfolioRow {
  readonly owner_id: string;
  readonly day: string;
  readonly currency: string;
  readonly value: string | null;
  readonly cost: string | null;
  readonly realized: string | null;
  readonly bought: string;
  readonly sold: string;
  readonly taken_at: string;
}

export const PORTFOLIO_EXPORT: RowExport<PortfolioRow, Options> = {
  name: "portfolios",
  noun: "day",
  description: "write what owners' positions were worth at the end of each day, newest first",
  options: OPTIONS,
  examples: [["countinghouse export portfolios --format json --owner alice --out ./alice.json", "one owner"]],
  columns: ["owner_id", "day", "currency", "value", "cost", "realized", "bought", "sold", "taken_at"],
  texts: ["owner_id"],
  timeOf: (row) => row.taken_at,
  writeRows: async (db, { owner: ownerId, from, to }, target) => {
    const assets = await loadAssets(db);
    const { reportingCurrency: currency } = (await selectGainSettings(db)).settings;
    const write = (value: bigint) => formatAmount(value, assets.byCode(currency)?.scale ?? 0);
    const orNull = (value: bigint | null) => (value === null ? null : write(value));
    const describe = ({
      ownerId: owner_id,
      day,
      value,
      cost,
      realized,
      bought,
      sold,
      takenAt,
    }: Snapshot) => ({
      ...{ owner_id, day, currency, value: orNull(value), cost: orNull(cost), realized: orNull(realized) },
      ...{ bought: write(bought), sold: write(sold), taken_at: formatStamp(takenAt) },
    });
    const read = (tx: Tx, last: Snapshot | undefined, limit: number) =>
      selectSnapshotPage(tx, { ownerId, from, to, last, limit });
    return writePages(db, { read, describe }, target);
  },
};

interface Paged<Thing, Row> {
  /** Newest first, after the last one of the page before. */
  readonly read: (tx: Tx, after: Thing | undefined, limit: number) => Promise<readonly Thing[]>;
  readonly describe: (thing: Thing) => Row;
}

/** All pages as of one moment. */
function writePages<Thing, Row>(
  db: Sql,
  { read, describe }: Paged<Thing, Row>,
  target: ExportTarget<Row>,
): Promise<Exported> {
  return inReadTransaction(db, async (tx) => {
    let rowCount = 0;
    for (let last: Thing | undefined; ; ) {
      const page = await read(tx, last, PAGE);
      const items = page.slice(0, target.rowsMax - rowCount);
      if (items.length > 0) await target.write(items.map(describe));
      rowCount += items.length;
      if (items.length < page.length) return { rowCount, isCut: true };
      if (page.length < PAGE) return { rowCount, isCut: false };
      last = page.at(-1);
    }
  });
}
