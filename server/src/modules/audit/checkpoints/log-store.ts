// The SQL of the transparency logs: their sizes and their hash tiles.
import type { Sql } from "../../../runtime/database.ts";
import { type ColumnTable, columnsOf } from "../../../runtime/row-columns.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { Tile } from "../proofs/tiles.ts";

export const LOGS = { entries: 1, transfers: 2 } as const;
export type LogName = keyof typeof LOGS;
export const LOG_NAMES = ["entries", "transfers"] as const;

export interface LogState {
  readonly size: number;
  /** seq or transfer id of the last leaf; -1 where there is none. */
  readonly lastKey: bigint;
}

export async function selectLog(sql: Sql | Tx["sql"], log: LogName): Promise<LogState> {
  const [row] = await sql<{ size: bigint; last_key: bigint }[]>`
    SELECT size, last_key FROM audit.logs WHERE log = ${LOGS[log]}`;
  if (row === undefined) throw new Error(`audit.logs has no row of the log ${log}`);
  return { size: Number(row.size), lastKey: row.last_key };
}

/** Advances the log from the state that was read; fails the transaction where another process advanced it meanwhile. */
export async function moveLog(
  { sql }: Tx,
  log: LogName,
  { from, to }: { from: LogState; to: LogState },
): Promise<void> {
  const { count } = await sql`
    UPDATE audit.logs SET size = ${to.size}, last_key = ${String(to.lastKey)}
    WHERE log = ${LOGS[log]} AND size = ${from.size} AND last_key = ${String(from.lastKey)}`;
  if (count !== 1) throw new Error(`the log ${log} was moved by somebody else`);
}

interface TileRow {
  level: number;
  position: bigint;
  first_key: bigint | null;
  hashes: Buffer;
}

type TilePlace = Pick<Tile, "level" | "position">;

const PLACE: ColumnTable<TilePlace> = {
  level: ["smallint", (tile) => tile.level],
  position: ["bigint", (tile) => tile.position],
};
const PLACE_COLUMNS = columnsOf<TilePlace>(PLACE);
const TILE_COLUMNS = columnsOf<Tile>({
  ...PLACE,
  first_key: ["bigint", (tile) => tile.firstKey],
  hashes: ["bytea", (tile) => tile.hashes],
});

export async function selectTiles(
  sql: Sql | Tx["sql"],
  log: LogName,
  tiles: readonly TilePlace[],
): Promise<Tile[]> {
  if (tiles.length === 0) return [];
  const rows = await sql<TileRow[]>`
    SELECT t.level, t.position, t.first_key, t.hashes
    FROM unnest(${PLACE_COLUMNS.arrays(sql, tiles)}) AS w (${PLACE_COLUMNS.names(sql)})
    JOIN audit.tiles t ON t.log = ${LOGS[log]} AND t.level = w.level AND t.position = w.position`;
  return rows.map(toTile);
}

function toTile(row: TileRow): Tile {
  return { level: row.level, position: Number(row.position), firstKey: row.first_key, hashes: row.hashes };
}

export async function writeTiles({ sql }: Tx, log: LogName, tiles: readonly Tile[]): Promise<void> {
  await sql`
    INSERT INTO audit.tiles (log, ${TILE_COLUMNS.names(sql)})
    SELECT ${LOGS[log]}, ${TILE_COLUMNS.names(sql)}
    FROM unnest(${TILE_COLUMNS.arrays(sql, tiles)}) AS n (${TILE_COLUMNS.names(sql)})
    ON CONFLICT (log, level, position) DO UPDATE
    SET hashes = excluded.hashes`;
}

/** The tile of level 0 that holds the leaf with this key, if the log has that leaf. */
export async function selectTileOf(
  sql: Sql | Tx["sql"],
  log: LogName,
  key: bigint,
): Promise<Tile | undefined> {
  const [row] = await sql<TileRow[]>`
    SELECT ${TILE_COLUMNS.names(sql)}
    FROM audit.tiles
    WHERE log = ${LOGS[log]} AND level = 0 AND first_key <= ${String(key)}
    ORDER BY first_key DESC
    LIMIT 1`;
  return row === undefined ? undefined : toTile(row);
}

/** PostgreSQL's text form of bytes. */
export function toHex(bytes: Buffer): string {
  return `\\x${bytes.toString("hex")}`;
}
