// Reads rows by key; all keys asked for at once go into one statement, so that many small reads become one. They go over
// connections of their own, where each statement is planned once and by index, and all statements of one read leave in one write.
import type { Sql } from "../database.ts";
import { readOnOneConnection, type Tx } from "../transaction.ts";
import { shareReads } from "./shared-read.ts";

type Ask<Key, Row> = (key: Key) => Promise<Row | undefined>;

/**
 * @param readAll the existing rows, by key; its statements must all be executed at once
 * @returns the row as it is when asked for, or later; undefined where there is none. All who asked together share a failure
 */
export function readTogether<Key, Row>(
  readAll: (tx: Tx, keys: readonly Key[]) => Promise<ReadonlyMap<Key, Row>>,
): (db: Sql, key: Key) => Promise<Row | undefined> {
  return forEachPool((db) => gather((keys) => readOnOneConnection(db.keyed, (tx) => readAll(tx, keys))));
}

/**
 * The same for rows that never change once they are there.
 * @param keptMax how many rows the process remembers of each database
 */
export function readOnce<Key, Row>(
  readAll: (tx: Tx, keys: readonly Key[]) => Promise<ReadonlyMap<Key, Row>>,
  keptMax: number,
): (db: Sql, key: Key) => Promise<Row | undefined> {
  const read = readTogether(readAll);
  return forEachPool((db) => {
    const kept = new Map<Key, Row>();
    return async (key) => {
      const known = kept.get(key);
      if (known !== undefined) return known;
      const row = await read(db, key);
      if (row !== undefined) kept.set(key, row);
      for (const oldest of kept.keys()) {
        if (kept.size <= keptMax) break;
        kept.delete(oldest);
      }
      return row;
    };
  });
}

function forEachPool<Key, Row>(
  open: (db: Sql) => Ask<Key, Row>,
): (db: Sql, key: Key) => Promise<Row | undefined> {
  const ofPools = new WeakMap<Sql, Ask<Key, Row>>();
  return (db, key) => {
    let ask = ofPools.get(db);
    if (ask === undefined) {
      ask = open(db);
      ofPools.set(db, ask);
    }
    return ask(key);
  };
}

function gather<Key, Row>(readAll: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Row>>): Ask<Key, Row> {
  let wanted = new Set<Key>();
  const readWanted = shareReads(() => {
    const keys = [...wanted];
    wanted = new Set();
    return readAll(keys);
  });
  return async (key) => {
    wanted.add(key);
    return (await readWanted()).get(key);
  };
}
