// What the checks of other modules work with when they read, and how they write amounts.
import type { Tx } from "../../../runtime/transaction.ts";
import { formatAmount } from "../../../values/money.ts";
import type { Assets } from "../accounts/assets.ts";

export interface VerifySubject {
  readonly tx: Tx;
  /** Stamp up to which everything that cannot change was verified. */
  readonly since: number;
  readonly assets: Assets;
  /** Told how many rows were compared since the last call. */
  readonly onRead?: (count: number) => void;
}

/** Writes the amounts that a check read as text: "1000 200" becomes "10.00 net, 2.00 tax USD". Null: nothing. */
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
