// Turns what a client sent into what the commands accept: ids as numbers, amounts as minor units of a known asset. The schemas
// have already checked the form; here is what a schema cannot know.

import { invalidField, refusedField } from "../../values/app-error.ts";
import { readMetadata } from "../../values/metadata.ts";
import { hasLostDigits, TOO_MANY_DIGITS } from "../../values/money.ts";
import { readCode, readName } from "../../values/names.ts";
import { readAll, readAmount, readId, readOptionalId, readPositiveAmount } from "../../values/read-input.ts";
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

/** An asset of money or securities. @throws AppError `refused/unknown_asset`, `refused/stock_is_not_money` */
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

/** Requests may use the names that answers give to types of transactions. */
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
  const { up_to_available: upToAvailable } = input;
  const asset = () => readAsset(assets, input.currency, `${path}currency`);
  const read = readAll({
    asset,
    accountId: () => readId(input.account_id, `${path}account_id`),
    toAccountId: () => readPayee(type, input, path),
    amount: () => readPositiveAmount(input.amount, asset(), `${path}amount`),
    upToAvailable: () => {
      if (type === "deposit" && upToAvailable === true)
        throw invalidField(`${path}up_to_available`, "does not belong to a deposit");
      return upToAvailable;
    },
    reference: () => readName(input.reference, `${path}reference`),
    metadata: () =>
      input.metadata === undefined ? undefined : readMetadata(input.metadata, `${path}metadata`),
  });
  if (read.accountId === read.toAccountId)
    throw ledgerError("same_account", {
      fields: [{ field: `${path}to_account_id`, reason: "is the same account" }],
    });
  return { type, ...read };
}

function readPayee(
  type: TransactionRequest["type"],
  { to_account_id: toAccountId }: TransactionInput,
  path: string,
): number | undefined {
  if ((type === "transfer") !== (toAccountId !== undefined)) {
    const reason = type === "transfer" ? "is required for a transfer" : `does not belong to a ${type}`;
    throw invalidField(`${path}to_account_id`, reason);
  }
  return readOptionalId(toAccountId, `${path}to_account_id`);
}

/** @throws AppError `invalid/…` naming the field */
export function readNewRate(assets: Assets, input: RateInput): Omit<NewRate, "setBy"> {
  const { base, quote, rate, source } = readAll({
    base: () => readAsset(assets, input.base, "base").code,
    quote: () => readAsset(assets, input.quote, "quote").code,
    rate: () => readNewRatio(input.rate),
    source: () => readName(input.source ?? "manual", "source"),
  });
  if (base === quote) throw refusedField("quote", "must be another currency than base");
  return { base, quote, rate, source };
}

function readNewRatio(input: RateInput["rate"]): string {
  if (typeof input === "number" && hasLostDigits(input)) throw invalidField("rate", TOO_MANY_DIGITS);
  if (readRate(String(input)) === undefined)
    throw invalidField(
      "rate",
      "must be a decimal above zero with up to 12 digits on each side of the point, as text where a number would be written with an exponent",
    );
  return String(input);
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
  const asset = () => readAsset(assets, input.currency, `${path}currency`);
  return readAll({
    owner: () => readOwner(input, context),
    asset,
    creditLimit: () =>
      input.credit_limit === undefined ? 0n : readAmount(input.credit_limit, asset(), `${path}credit_limit`),
    name: () => readName(input.name, `${path}name`) ?? null,
    holderName: () => readName(input.holder_name, `${path}holder_name`) ?? null,
    externalNumber: () => readNumber(input.external_number, `${path}external_number`) ?? null,
  });
}

const NUMBER_LENGTH_MIN = 4;

function readNumber(number: string | undefined, field: string): string | undefined {
  if (number !== undefined && normalizeNumber(number).length < NUMBER_LENGTH_MIN)
    throw invalidField(field, `must have at least ${NUMBER_LENGTH_MIN} characters besides spaces and dashes`);
  return readCode(number?.trim(), field);
}
