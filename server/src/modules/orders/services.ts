// What the orders module's commands work with, assembled by the program.
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
  /** The currency of orders that name none. */
  readonly defaultCurrency: string;
  /** How long an order waits for a card or balance payment, for an invoice's payment, and for a review. */
  readonly unpaidSeconds: number;
  readonly invoiceSeconds: number;
  readonly reviewSeconds: number;
  /** How long a confirmed order can be cancelled before it goes to the warehouse. */
  readonly graceSeconds: number;
  /** The time zone of reports by day and month: a name of the IANA database. */
  readonly timeZone: string;
  /** Whether a confirmed order gives its use of a coupon back when it is cancelled. */
  readonly returnsCoupons: boolean;
  /** Days after which an untouched cart expires. */
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
  /** Asks an external stock system before anything is reserved; refuses by throwing. */
  readonly checkStock?: StockCheck | undefined;
  /** Checks payments from a balance. */
  readonly moneyGuard: MoneyGuard;
  /** The provider for cards; undefined: none. */
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
