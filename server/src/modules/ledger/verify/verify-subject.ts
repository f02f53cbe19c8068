// What the checks of the modules above the ledger read by, and how they tell amounts.
import type { Tx } from "../../../runtime/transaction.ts";
import { formatAmount } from "../../../values/money.ts";
import type { Assets } from "../accounts/assets.ts";

export interface VerifySubject {
  readonly tx: Tx;
  /** Stamp up to which what cannot change was found in order. */
  readonly since: number;
  readonly assets: Assets;
  /** Told of rows that were compared with others, so many at a time. */
  readonly onRead?: (count: number) => void;
}

/** Writes amounts of a currency that a check read as text, "1000 200": "10.00 net, 2.00 tax USD". Null: nothing. */
export function tellAmounts(
  { assets }: Pick<VerifySubject, "assets">,
  currency: string | null,
  { amounts, names }: { amounts: string | null; names: readonly string[] },
): string {
  const asset = currency === null ? undefined : assets.byCode(currency);
  const parts = (amounts ?? "").split(" ").filter((part) => part !== "");
  if (parts.length === 0) return "nothing";
  const told = parts.map((part, index) =>
    `${formatAmount(BigInt(part), asset?.scale ?? 0)} ${names[index] ?? ""}`.trimEnd(),
  );
  return `${told.join(", ")} ${asset?.code ?? currency ?? ""}`.trimEnd();
}
