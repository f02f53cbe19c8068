// What the commands that move money work with, put together by the program; and who asks for one.
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
