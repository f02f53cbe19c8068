// Every setting of the program, by topic; `docs/configuration.md` is generated from CONFIG_KEYS.

import type { ConfigKey, ConfigOf } from "./key.ts";
import { ACCESS_KEYS } from "./keys/access.ts";
import { AUDIT_KEYS } from "./keys/audit.ts";
import { BESIDE_KEYS } from "./keys/beside.ts";
import { DATABASE_KEYS } from "./keys/database.ts";
import { DESK_KEYS } from "./keys/desk.ts";
import { EXCHANGE_KEYS } from "./keys/exchange.ts";
import { EXPORTS_KEYS } from "./keys/exports.ts";
import { HTTP_KEYS } from "./keys/http.ts";
import { LATER_KEYS } from "./keys/later.ts";
import { PAYMENT_KEYS } from "./keys/payments.ts";
import { PROGRAM_KEYS } from "./keys/program.ts";
import { RISK_KEYS } from "./keys/risk.ts";
import { SECRETS_KEYS } from "./keys/secrets.ts";
import { SECURE_RECORDS_KEYS } from "./keys/secure-records.ts";
import { SHOP_KEYS } from "./keys/shop.ts";
import { SUPPLY_KEYS } from "./keys/supply.ts";
import { TRADING_KEYS } from "./keys/trading.ts";

export const CONFIG_KEYS = [
  ...PROGRAM_KEYS,
  ...HTTP_KEYS,
  ...DATABASE_KEYS,
  ...DESK_KEYS,
  ...SECRETS_KEYS,
  ...ACCESS_KEYS,
  ...RISK_KEYS,
  ...EXCHANGE_KEYS,
  ...AUDIT_KEYS,
  ...SECURE_RECORDS_KEYS,
  ...EXPORTS_KEYS,
  ...PAYMENT_KEYS,
  ...SHOP_KEYS,
  ...TRADING_KEYS,
  ...SUPPLY_KEYS,
  ...BESIDE_KEYS,
  ...LATER_KEYS,
] as const satisfies readonly ConfigKey[];

/** The checked value of every key. */
export type Config = ConfigOf<typeof CONFIG_KEYS>;
