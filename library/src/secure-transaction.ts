// A secure transaction, as earlier programs called it: a deposit whose record the server signs, encrypts and keeps.
import { ApiError, type ApiOptions, openApi } from "./api.ts";

export interface SecureTransactionOptions extends ApiOptions {
  /** May be left out where the user has one account. */
  readonly currency?: string;
  /** Given again, the same deposit is not made twice. */
  readonly key?: string;
}

export interface SecureTransaction {
  readonly status: "success";
  /** The signature of the record. */
  readonly tx_id: string;
}

/**
 * Deposits to the user's account. Needs a token of staff: COUNTINGHOUSE_TOKEN unless one is given.
 * @throws ApiError what the server refuses, by its code (`secure_records_not_configured` where it has no API_KEY_V1)
 */
export async function postSecureTransaction(
  userId: string,
  amount: string | number,
  { currency, key, ...options }: SecureTransactionOptions = {},
): Promise<SecureTransaction> {
  const api = openApi(options, { names: ["COUNTINGHOUSE_TOKEN"] });
  const body = { user_id: userId, amount, ...(currency === undefined ? {} : { currency }) };
  const call = { body, key: key ?? crypto.randomUUID() }; // a lost answer is asked for again
  const outcome = await api<SecureTransaction>("POST", "/secure-transactions", call);
  if ("body" in outcome) return outcome.body;
  const { detail, ...refused } = outcome.refused;
  throw new ApiError(detail, refused);
}
