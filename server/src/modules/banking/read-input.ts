// Turns what a client sent into what the commands take: ids as numbers, amounts as minor units of a known asset. The
// form is checked by the schemas before; here is what a schema cannot know.

import { invalidField } from "../../values/app-error.ts";
import { readMetadata } from "../../values/metadata.ts";
import { hasLostDigits, TOO_MANY_DIGITS } from "../../values/money.ts";
import {
  hasControlCharacter,
  readAmount,
  readId,
  readPositiveAmount,
  readText,
} from "../../values/read-input.ts";
import { type Asset, type Assets, ledgerError } from "../ledger/index.ts";
import { readOwner } from "./accounts/find-owners.ts";
import { normalizeNumber, type OwnedAccountRequest } from "./accounts/open-bank-accounts.ts";
import { bankingError } from "./errors.ts";
import { type NewRate, readRate } from "./exchange/exchange-rate.ts";
import type { RateInput } from "./exchange/exchange-schemas.ts";
import { HOLD_SECONDS_DEFAULT, type HoldInput } from "./holds/hold-schemas.ts";
import type { PlaceHoldRequest } from "./holds/place-hold.ts";
import type { AccountInput, TransactionInput } from "./schemas.ts";
import type { TransactionRequest } from "./transactions/post-transactions.ts";

/** An asset of money or securities. @throws AppError `invalid/unknown_asset`, `refused/stock_is_not_money` */
export function readAsset(assets: Assets, code: string, field = "currency"): Asset {
  const asset = assets.byCode(code);
  if (asset?.kind === "stock")
    throw bankingError("stock_is_not_money", {
      fields: [{ field, reason: `"${code}" counts units of stock; receipts and orders move them` }],
    });
  if (asset !== undefined) return asset;
  throw ledgerError("unknown_asset", {
    fields: [{ field, reason: `"${code}" is not known; GET /assets lists what is` }],
  });
}

/** What answers call a transaction is understood in requests too. */
const TYPES = {
  deposit: "deposit",
  withdrawal: "withdrawal",
  transfer: "transfer",
  DEPOSIT: "deposit",
  WITHDRAW: "withdrawal",
  TRANSFER: "transfer",
} as const satisfies Record<TransactionInput["type"], TransactionRequest["type"]>;

/** @throws AppError `invalid/…` naming the field, prefixed with `path` */
export function readTransaction(assets: Assets, input: TransactionInput, path = ""): TransactionRequest {
  const type = TYPES[input.type];
  const { to_account_id, reference, metadata, up_to_available: upToAvailable } = input;
  if ((type === "transfer") !== (to_account_id !== undefined)) {
    throw invalidField(
      `${path}to_account_id`,
      type === "transfer" ? "is required for a transfer" : `does not belong to a ${type}`,
    );
  }
  if (type === "deposit" && upToAvailable === true)
    throw invalidField(`${path}up_to_available`, "does not belong to a deposit");
  const asset = readAsset(assets, input.currency, `${path}currency`);
  const accountId = readId(input.account_id, `${path}account_id`);
  const toAccountId = to_account_id === undefined ? undefined : readId(to_account_id, `${path}to_account_id`);
  if (accountId === toAccountId)
    throw ledgerError("same_account", {
      fields: [{ field: `${path}to_account_id`, reason: "is the same account" }],
    });
  const amount = readPositiveAmount(input.amount, asset, `${path}amount`);
  if (reference !== undefined && hasControlCharacter(reference))
    throw invalidField(`${path}reference`, "must not have control characters");
  return {
    type,
    accountId,
    toAccountId,
    amount,
    upToAvailable,
    asset,
    reference,
    metadata: metadata === undefined ? undefined : readMetadata(metadata, `${path}metadata`),
  };
}

/** @throws AppError `invalid/…` naming the field */
export function readNewRate(assets: Assets, input: RateInput): Omit<NewRate, "setBy"> {
  const base = readAsset(assets, input.base, "base").code;
  const quote = readAsset(assets, input.quote, "quote").code;
  if (base === quote) throw invalidField("quote", "must be another currency than base");
  if (typeof input.rate === "number" && hasLostDigits(input.rate))
    throw invalidField("rate", TOO_MANY_DIGITS);
  const rate = String(input.rate);
  if (readRate(rate) === undefined)
    throw invalidField(
      "rate",
      "must be a decimal above zero with up to 12 digits on each side of the point, as text where a number would be written with an exponent",
    );
  return { base, quote, rate, source: readText(input.source ?? "manual", "source") };
}

/** @throws AppError `invalid/…` naming the field */
export function readHold(assets: Assets, input: HoldInput): PlaceHoldRequest {
  const { expires_in: expiresInSeconds = HOLD_SECONDS_DEFAULT, ...rest } = input;
  const type = input.to_account_id === undefined ? "withdrawal" : "transfer";
  return { ...readTransaction(assets, { ...rest, type }), expiresInSeconds };
}

/** @throws AppError `invalid/…` naming the field, prefixed with `path` */
export function readAccount(
  assets: Assets,
  input: AccountInput,
  context: { callerId: string; path?: string },
): OwnedAccountRequest {
  const { path = "" } = context;
  const asset = readAsset(assets, input.currency, `${path}currency`);
  return {
    owner: readOwner(input, context),
    asset,
    creditLimit:
      input.credit_limit === undefined ? 0n : readAmount(input.credit_limit, asset, `${path}credit_limit`),
    name: readText(input.name, `${path}name`) ?? null,
    holderName: readText(input.holder_name, `${path}holder_name`) ?? null,
    externalNumber: readNumber(input.external_number, `${path}external_number`) ?? null,
  };
}

const NUMBER_LENGTH_MIN = 4;

function readNumber(number: string | undefined, field: string): string | undefined {
  if (number !== undefined && normalizeNumber(number).length < NUMBER_LENGTH_MIN)
    throw invalidField(field, `must have at least ${NUMBER_LENGTH_MIN} characters besides spaces and dashes`);
  return readText(number, field);
}
