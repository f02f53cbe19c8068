// Reads tiles for proofs, each tile once.
import type { Sql } from "../../../runtime/database.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { type LogName, selectTiles } from "../checkpoints/log-store.ts";
import type { TileReader } from "./prove.ts";

/** A reader for one proof: it never reads the same tile twice. */
export function openTileReader(sql: Sql | Tx["sql"], log: LogName): TileReader {
  const known = new Map<string, Promise<Buffer>>();
  return (level, position) => {
    const name = `${level}/${position}`;
    const hashes = known.get(name) ?? readTile(sql, log, { level, position });
    known.set(name, hashes);
    return hashes;
  };
}

async function readTile(
  sql: Sql | Tx["sql"],
  log: LogName,
  place: { level: number; position: number },
): Promise<Buffer> {
  const [tile] = await selectTiles(sql, log, [place]);
  if (tile === undefined)
    throw new Error(`the log ${log} has no tile ${place.position} of level ${place.level}`);
  return tile.hashes;
}
