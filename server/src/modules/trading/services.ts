// What the commands of trading work with, put together by the program.
import type { Sql } from "../../runtime/database.ts";
import type { KeyedRequest } from "../../runtime/idempotency.ts";
import type { Actor } from "../../values/actor.ts";
import type { Origin } from "../../values/origin.ts";
import type { MoneyGuard } from "../banking/index.ts";
import type { CommandDesk } from "../desk/index.ts";
import type { Assets } from "../ledger/index.ts";

export interface TradingSettings {
  /** Of instruments that name no currency. */
  readonly defaultCurrency: string;
  /** Open orders that one owner may have. */
  readonly openOrdersMax: number;
  /** Orders that one owner may place in a minute; 0: any number. Staff and programs are not counted. */
  readonly ordersPerMinuteMax: number;
}

/** What taking quotes and filling what they fire takes. */
export interface FillServices {
  readonly db: Sql;
  readonly desk: CommandDesk;
  readonly assets: Assets;
}

export interface TradingServices extends FillServices {
  /** Judges what is set aside for an order. */
  readonly moneyGuard: MoneyGuard;
  readonly settings: TradingSettings;
}

export interface TradingCaller {
  readonly actor: Actor;
  readonly key?: KeyedRequest | undefined;
  readonly origin?: Origin | undefined;
}
