// What the commands of trading work with, assembled by the program.
import type { Sql } from "../../runtime/database.ts";
import type { KeyedRequest } from "../../runtime/idempotency.ts";
import type { Actor } from "../../values/actor.ts";
import type { Origin } from "../../values/origin.ts";
import type { MoneyGuard } from "../banking/index.ts";
import type { CommandDesk } from "../desk/index.ts";
import type { Assets } from "../ledger/index.ts";
import type { LiveBooks } from "./books/live-books.ts";

export interface TradingSettings {
  /** The currency of instruments that name none. */
  readonly defaultCurrency: string;
  /** The most open orders that one owner may have. */
  readonly openOrdersMax: number;
  /** The most orders that one owner may place in a minute; 0: any number. Staff and programs are not limited. */
  readonly ordersPerMinuteMax: number;
}

/** What reading needs. */
export type TradingReader = Pick<TradingServices, "db" | "assets">;

/** What taking quotes and filling the orders they fire needs. */
export interface FillServices {
  readonly db: Sql;
  readonly desk: CommandDesk;
  readonly assets: Assets;
  readonly books: LiveBooks;
}

/** Told of the books in which something was dealt. */
export interface TradeNotice {
  readonly notice: (instrumentId: number) => void;
}

export interface TradingServices extends FillServices {
  /** Checks the money set aside for an order. */
  readonly moneyGuard: MoneyGuard;
  readonly settings: TradingSettings;
  readonly trades: TradeNotice;
}

export interface TradingCaller {
  readonly actor: Actor;
  readonly key?: KeyedRequest | undefined;
  readonly origin?: Origin | undefined;
}
