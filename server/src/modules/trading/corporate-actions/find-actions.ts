// Finds corporate actions, newest first, and describes them.
import { formatAmount } from "../../../values/money.ts";
import { type Page, toPage } from "../../../values/page.ts";
import { formatStamp } from "../../../values/time.ts";
import type { Assets } from "../../ledger/index.ts";
import { formatPrice } from "../instruments/describe-instrument.ts";
import { getInstrument } from "../instruments/find-instruments.ts";
import { type Instrument, sidesOf } from "../instruments/instrument.ts";
import type { TradingReader } from "../services.ts";
import type { ActionDocument } from "./action-schemas.ts";
import type { CorporateAction } from "./corporate-action.ts";
import { type ActionFilter, selectActions } from "./corporate-action-store.ts";

interface FoundAction {
  readonly action: CorporateAction;
  readonly instrument: Pick<Instrument, "asset" | "currency">;
}

export async function findActions({ db }: TradingReader, filter: ActionFilter): Promise<Page<FoundAction>> {
  const page = toPage(
    await selectActions(db, { ...filter, limit: filter.limit + 1 }),
    filter.limit,
    ({ id }) => id,
  );
  const items = await Promise.all(
    page.items.map(async (action) => ({ action, instrument: await getInstrument(db, action.instrumentId) })),
  );
  return { ...page, items };
}

export function describeAction(assets: Assets, { action, instrument }: FoundAction): ActionDocument {
  const { scales } = sidesOf(assets, instrument);
  return {
    id: String(action.id),
    type: action.kind,
    instrument_id: String(action.instrumentId),
    reference: action.reference,
    reason: action.reason,
    numerator: action.numerator === null ? null : Number(action.numerator),
    denominator: action.denominator === null ? null : Number(action.denominator),
    price: action.price === null ? null : formatPrice(action.price, scales.money),
    old_symbol: action.oldSymbol,
    symbol: action.newSymbol,
    account_count: action.accountCount,
    order_count: action.orderCount,
    cash: formatAmount(action.cash, scales.money),
    currency: instrument.currency,
    actor_id: action.actorId,
    carried_out_at: formatStamp(action.id),
  };
}
