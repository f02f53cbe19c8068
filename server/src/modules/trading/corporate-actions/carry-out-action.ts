// Carries a corporate action out at the desk: accounts, positions, lots, open orders, quotes and candles change in one commit, or
// nothing does. Sent again under its reference, it is answered with what the first one did.

import { inReadTransaction } from "../../../runtime/transaction.ts";
import { AppError } from "../../../values/app-error.ts";
import { findFirstAccounts, findOwners } from "../../banking/index.ts";
import {
  type BookCommand,
  type CommandOutcome,
  type Decision,
  type Desk,
  leaveRow,
  rereadFirst,
  submitRereading,
  tellEvent,
} from "../../desk/index.ts";
import { allOrNothing, findAccountIdsOfAsset, takeStamps } from "../../ledger/index.ts";
import { tradingError } from "../errors.ts";
import { getInstrument } from "../instruments/find-instruments.ts";
import { eventOf, type Instrument, sidesOf } from "../instruments/instrument.ts";
import { CHANGED_INSTRUMENTS, INSTRUMENTS } from "../instruments/instrument-store.ts";
import { POSITIONS } from "../positions/position-store.ts";
import type { TradingCaller, TradingServices } from "../services.ts";
import { hashRequest } from "../trade-orders/new-trade-order.ts";
import { changeAccounts } from "./change-accounts.ts";
import type { CorporateAction, NewAction } from "./corporate-action.ts";
import * as store from "./corporate-action-store.ts";
import { describeAction } from "./find-actions.ts";
import { splitOrders } from "./split-orders.ts";

const STAMPS_PER_ACCOUNT = 10;
const STAMPS_PER_ORDER = 3;

/** What was read before the command was sent; the desk reads again what may have changed. */
export interface ActionGround {
  readonly accountIds: readonly number[];
  readonly holdIds: ReadonlySet<number>;
  readonly instrumentIds: readonly number[];
  readonly owners: ReadonlyMap<number, string>;
  /** By owner: where cash is paid to. */
  readonly cashAccounts: ReadonlyMap<string, number>;
}

/**
 * Locks all accounts of the asset, the cash accounts of their owners, and all instruments of the asset. Refuses
 * `instrument_not_found`, `instrument_is_open`, `corporate_action_differs`, `instrument_exists`, `cash_price_missing`,
 * `cash_account_missing`, `too_many_accounts`, `orders_rest_in_book`, and what the ledger does.
 */
export function carryOutAction(
  services: TradingServices,
  caller: TradingCaller,
  action: NewAction,
): Promise<CommandOutcome> {
  return submitRereading(services.desk, () => buildActionCommand(services, caller, action));
}

async function buildActionCommand(
  services: TradingServices,
  caller: TradingCaller,
  action: NewAction,
): Promise<BookCommand> {
  const instrument = await getInstrument(services.db, action.instrumentId);
  const { security, money } = sidesOf(services.assets, instrument);
  const ground = await readGround(services, instrument, action);
  const system = (["dealing"] as const).flatMap((name) =>
    [security, money].map(({ id }) => services.assets.systemAccount(id, name)),
  );
  const orderCount = ground.holdIds.size;
  return {
    event: `corporate_action.${action.kind}`,
    ...caller,
    scope: {
      accountIds: [...ground.accountIds, ...ground.cashAccounts.values(), ...system],
      holdIds: [...ground.holdIds],
      stampCount: ground.accountIds.length * STAMPS_PER_ACCOUNT + orderCount * STAMPS_PER_ORDER + 10,
    },
    needs: [
      { reader: INSTRUMENTS, ids: ground.instrumentIds },
      { reader: store.OPEN_ORDERS, ids: ground.instrumentIds },
      { reader: store.ASSET_ACCOUNTS, ids: action.kind === "symbol_change" ? [] : [security.id] },
      { reader: store.CORPORATE_ACTIONS, ids: [action.reference] },
      { reader: POSITIONS, ids: ground.accountIds },
    ],
    decide: (desk) =>
      allOrNothing<Decision | AppError>(desk.book, {
        decide: () => decide(desk, { action, ground, actorId: caller.actor.id }),
        failed: (outcome) => outcome instanceof AppError,
      }),
  };
}

async function readGround(
  { db, assets }: TradingServices,
  instrument: Instrument,
  { kind, symbol }: NewAction,
): Promise<ActionGround> {
  const none = { accountIds: [], holdIds: new Set<number>(), owners: new Map(), cashAccounts: new Map() };
  if (kind === "symbol_change") {
    const owner = await store.selectSymbolOwner(db, symbol ?? "");
    if (owner !== undefined && owner !== instrument.id)
      throw tradingError("instrument_exists", {
        fields: [{ field: "symbol", reason: "is or was another's" }],
      });
    return { ...none, instrumentIds: [instrument.id] };
  }
  const { security } = sidesOf(assets, instrument);
  const instrumentIds = await store.selectInstrumentIds(db, instrument.asset);
  return inReadTransaction(db, async (tx) => {
    const accountIds = await findAccountIdsOfAsset(tx, {
      ...{ assetId: security.id, afterId: 0, limit: store.ACCOUNTS_MAX + 1 },
    });
    if (accountIds.length > store.ACCOUNTS_MAX)
      throw tradingError("too_many_accounts", { largest: store.ACCOUNTS_MAX });
    const owners = await findOwners(tx, accountIds);
    const cashAccounts = await findFirstAccounts(tx, instrument.currency, [...new Set(owners.values())]);
    const orders = kind === "split" ? await store.OPEN_ORDERS.read(tx, instrumentIds) : new Map();
    const holdIds = new Set([...orders.values()].flat().flatMap(({ holdId }) => holdId ?? []));
    return { accountIds, holdIds, instrumentIds, owners, cashAccounts };
  });
}

export interface Acting {
  readonly action: NewAction;
  readonly ground: ActionGround;
  readonly actorId: string;
}

function decide(desk: Desk, acting: Acting): Decision | AppError {
  const { action, actorId } = acting;
  const instrument = desk.rows.of(INSTRUMENTS).get(action.instrumentId);
  if (instrument === undefined) return tradingError("instrument_not_found");
  const before = desk.rows.of(store.CORPORATE_ACTIONS).get(action.reference);
  if (before !== undefined)
    return before.requestHash === hashRequest(action)
      ? answerOf(desk, before, instrument)
      : tradingError("corporate_action_differs", {
          fields: [{ field: "reference", reason: `is corporate action ${before.id}'s` }],
        });
  const open = [...desk.rows.of(store.OPEN_ORDERS).values()].flat();
  if (action.kind === "split" && open.some(({ priority }) => priority !== null))
    return tradingError("orders_rest_in_book");
  const id = takeStamps(desk.book, 1);
  const done: Done = { accountCount: 0, orderCount: 0, cash: 0n, entries: [] };
  const outcome =
    action.kind === "symbol_change"
      ? rename(desk, instrument, action)
      : changeAll(desk, acting, { id, instrument });
  if (outcome instanceof AppError) return outcome;
  const { entries, ...counts } = { ...done, ...outcome };
  const carriedOut: CorporateAction = {
    ...{ id, reference: action.reference, requestHash: hashRequest(action), kind: action.kind },
    instrumentId: instrument.id,
    numerator: action.ratio?.numerator ?? null,
    denominator: action.ratio?.denominator ?? null,
    price: action.price ?? null,
    oldSymbol: action.symbol === undefined ? null : instrument.symbol,
    newSymbol: action.symbol ?? null,
    ...{ reason: action.reason, actorId, ...counts },
  };
  leaveRow(desk, store.NEW_ACTIONS, { action: carriedOut, entries });
  desk.rows.of(store.CORPORATE_ACTIONS).set(action.reference, carriedOut);
  const decision = answerOf(desk, carriedOut, desk.rows.of(INSTRUMENTS).get(instrument.id) ?? instrument);
  tellEvent(desk, { topic: "corporate_action.carried_out", payload: decision.answer });
  return decision;
}

export interface Done extends Pick<CorporateAction, "accountCount" | "orderCount" | "cash"> {
  readonly entries: Parameters<typeof store.NEW_ACTIONS.write>[1][number]["entries"];
}

function changeAll(
  desk: Desk,
  acting: Acting,
  { id, instrument }: { id: number; instrument: Instrument },
): Done | AppError {
  const { action, ground } = acting;
  const { security } = sidesOf(desk.assets, instrument);
  const known = new Set(ground.accountIds);
  if (
    desk.rows
      .of(store.ASSET_ACCOUNTS)
      .get(security.id)
      ?.some((each) => !known.has(each)) === true
  )
    return rereadFirst();
  if (action.kind === "cash_dividend") return changeAccounts(desk, acting, { id, instrument });
  const open = ground.instrumentIds.find((each) => desk.rows.of(INSTRUMENTS).get(each)?.state === "open");
  if (open !== undefined) return tradingError("instrument_is_open", { instrument_id: String(open) });
  const orders = ground.instrumentIds.flatMap((each) => desk.rows.of(store.OPEN_ORDERS).get(each) ?? []);
  const isChanged = orders.some(
    ({ holdId, state }) => state === "fired" || (holdId !== null && !ground.holdIds.has(holdId)),
  );
  if (isChanged) return rereadFirst();
  return splitOrders(desk, { orders, acting }, () => changeAccounts(desk, acting, { id, instrument }));
}

function rename(desk: Desk, instrument: Instrument, { symbol = "" }: NewAction): Partial<Done> | AppError {
  if (symbol === instrument.symbol)
    return tradingError("instrument_exists", {
      fields: [{ field: "symbol", reason: "is its symbol already" }],
    });
  const updatedAt = new Date(desk.book.now / 1_000);
  const renamed = { ...instrument, symbol, updatedAt, version: instrument.version + 1 };
  desk.rows.of(INSTRUMENTS).set(instrument.id, renamed);
  leaveRow(desk, CHANGED_INSTRUMENTS, renamed);
  leaveRow(desk, store.NEW_SYMBOLS, {
    ...{ instrumentId: instrument.id, before: instrument.symbol, symbol, at: desk.book.now },
  });
  tellEvent(desk, eventOf("instrument.changed", renamed));
  return {};
}

function answerOf(desk: Desk, action: CorporateAction, instrument: Instrument): Decision {
  const document = describeAction(desk.assets, { action, instrument });
  return {
    answer: JSON.stringify(document),
    counted: [],
    resource: { type: "corporate_action", id: document.id },
    details: { reference: action.reference, reason: action.reason },
  };
}
