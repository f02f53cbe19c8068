// Reads what the fraud check found about an order that was placed.
import type { Sql } from "../../runtime/database.ts";
import { riskError } from "./errors.ts";
import { type ScreeningRow, selectScreening } from "./fraud-store.ts";

/** @throws AppError `not_found/screening_not_found` */
export async function getScreening(db: Sql, orderId: number): Promise<Omit<ScreeningRow, "subject">> {
  const screening = await selectScreening(db, orderId);
  if (screening === undefined) throw riskError("screening_not_found", { order_id: String(orderId) });
  return screening;
}
