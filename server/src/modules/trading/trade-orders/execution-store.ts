// The SQL that writes executions, once for a whole batch.
import { columnsOf } from "../../../runtime/row-columns.ts";
import type { RowWriter } from "../../desk/index.ts";
import { BASES } from "../positions/position.ts";
import { type Execution, SIDES } from "./trade-order.ts";

const EXECUTION_COLUMNS = columnsOf<Execution>({
  id: ["bigint", (execution) => execution.id],
  order_id: ["bigint", (execution) => execution.orderId],
  instrument_id: ["bigint", (execution) => execution.instrumentId],
  owner_id: ["text", (execution) => execution.ownerId],
  asset_account_id: ["bigint", (execution) => execution.assetAccountId],
  side: ["smallint", (execution) => SIDES[execution.side]],
  quantity: ["bigint", (execution) => execution.quantity],
  price: ["bigint", (execution) => execution.price],
  money: ["bigint", (execution) => execution.money],
  fee: ["bigint", (execution) => execution.fee],
  realized: ["bigint", (execution) => execution.realized],
  rate: ["numeric", (execution) => execution.rate],
  realized_reporting: ["bigint", (execution) => execution.realizedReporting],
  currency_gain: ["bigint", (execution) => execution.currencyGain],
  basis: ["smallint", (execution) => execution.basis && BASES[execution.basis]],
  journal_id: ["bigint", (execution) => execution.journalId],
  quote_id: ["bigint", (execution) => execution.quoteId],
  book_seq: ["bigint", (execution) => execution.bookSeq],
  is_maker: ["boolean", (execution) => execution.isMaker],
});

export const NEW_EXECUTIONS: RowWriter<Execution> = {
  name: "trading.new_executions",
  write: ({ sql }, executions) =>
    sql`INSERT INTO trading.executions ${EXECUTION_COLUMNS.rows(sql, executions)}`.execute(),
};
