// Reads the code of a currency that a client sent.
import { ledgerError } from "../errors.ts";
import type { Asset, Assets } from "./assets.ts";

/** An asset of money. @throws AppError `refused/unknown_asset` naming the field */
export function readCurrency(assets: Assets, code: string, field = "currency"): Asset {
  const asset = assets.byCode(code);
  if (asset?.kind === "money") return asset;
  throw ledgerError("unknown_asset", {
    fields: [{ field, reason: `"${code}" is no currency here; GET /assets?kind=money lists those` }],
  });
}
