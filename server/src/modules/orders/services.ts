// What the commands of orders work with, put together by the program.
import type { Sql } from "../../runtime/database.ts";
import type { KeyedRequest } from "../../runtime/idempotency.ts";
import type { Vault } from "../../runtime/vault/vault.ts";
import type { Actor } from "../../values/actor.ts";
import type { Origin } from "../../values/origin.ts";
import type { MoneyGuard } from "../banking/index.ts";
import type { CommandDesk } from "../desk/index.ts";
import type { StockCheck, StockDirectory } from "../inventory/index.ts";
import type { Assets } from "../ledger/index.ts";
import type { ProviderName } from "../payments/index.ts";
import type { Screen } from "./placing/screen.ts";
import type { TaxRates } from "./placing/tax-rates.ts";

export interface OrderSettings {
  /** Of orders that name no currency. */
  readonly defaultCurrency: string;
  /** For how long an order waits for a card or balance payment, for an invoice's, and for a review. */
  readonly unpaidSeconds: number;
  readonly invoiceSeconds: number;
  readonly reviewSeconds: number;
  /** For how long a confirmed order can still be taken back before it goes to the warehouse. */
  readonly graceSeconds: number;
  /** Of reports by day and month: a name of the IANA database. */
  readonly timeZone: string;
  /** An order that was confirmed gives its use of a coupon back when it is cancelled. */
  readonly returnsCoupons: boolean;
  /** Days that an untouched cart lives. */
  readonly cartExpiryDays: number;
}

export interface OrderServices {
  readonly db: Sql;
  readonly desk: CommandDesk;
  readonly assets: Assets;
  /** Encrypts addresses. */
  readonly vault: Vault;
  readonly taxRates: TaxRates;
  readonly stockOf: StockDirectory["stockOf"];
  /** Asks a stock system elsewhere before anything is reserved; refuses by throwing. */
  readonly checkStock?: StockCheck | undefined;
  /** Judges what is paid from a balance. */
  readonly moneyGuard: MoneyGuard;
  /** Who takes cards; undefined: nobody. */
  readonly cardProvider: ProviderName | undefined;
  /** The fraud check; undefined: none. */
  readonly screen?: Screen | undefined;
  readonly settings: OrderSettings;
}

export interface OrderCaller {
  readonly actor: Actor;
  readonly key?: KeyedRequest | undefined;
  readonly origin?: Origin | undefined;
}
