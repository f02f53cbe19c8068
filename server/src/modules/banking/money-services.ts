// The services that commands moving money work with, as the program puts them together, and the actor who asks.
import type { KeyedRequest } from "../../runtime/idempotency.ts";
import type { Actor } from "../../values/actor.ts";
import type { Origin } from "../../values/origin.ts";
import type { CommandDesk } from "../desk/index.ts";
import type { Assets } from "../ledger/index.ts";
import type { RiskGuard } from "../risk/index.ts";
import type { LargePaymentContext } from "./transactions/large-payment.ts";

export interface MoneyServices extends LargePaymentContext {
  readonly desk: CommandDesk;
  readonly assets: Assets;
  readonly risk: RiskGuard;
}

export interface MoneyCaller {
  readonly actor: Actor;
  readonly key?: KeyedRequest | undefined;
  readonly origin?: Origin | undefined;
}
