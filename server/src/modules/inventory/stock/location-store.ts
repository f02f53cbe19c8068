// The SQL of locations.
import type { Tx } from "../../../runtime/transaction.ts";
import type { Location } from "./location.ts";

interface LocationRow {
  id: number;
  code: string;
  name: string;
  priority: number;
  sells: boolean;
  version: bigint;
}

const toLocation = (row: LocationRow): Location => ({ ...row, version: Number(row.version) });

/** All locations; those that orders take from first come first. */
export async function selectLocations({ sql }: Tx): Promise<Location[]> {
  const rows = await sql<LocationRow[]>`
    SELECT id, code, name, priority, sells, version FROM inventory.locations ORDER BY priority, id`;
  return rows.map(toLocation);
}

export async function lockLocation({ sql }: Tx, id: number): Promise<Location | undefined> {
  const rows = await sql<LocationRow[]>`
    SELECT id, code, name, priority, sells, version
    FROM inventory.locations
    WHERE id = ${id}::bigint
    FOR NO KEY UPDATE`;
  return rows.map(toLocation)[0];
}

/** Undefined where the code is taken. */
export async function insertLocation(
  { sql }: Tx,
  { code, name, priority, sells }: Omit<Location, "id" | "version">,
): Promise<Location | undefined> {
  const rows = await sql<LocationRow[]>`
    INSERT INTO inventory.locations (code, name, priority, sells)
    VALUES (${code}, ${name}, ${priority}, ${sells})
    ON CONFLICT (code) DO NOTHING
    RETURNING id, code, name, priority, sells, version`;
  return rows.map(toLocation)[0];
}

export async function updateLocation({ sql }: Tx, { id, name, priority, sells }: Location): Promise<void> {
  await sql`
    UPDATE inventory.locations
    SET name = ${name}, priority = ${priority}, sells = ${sells}, version = version + 1
    WHERE id = ${id}`;
}
