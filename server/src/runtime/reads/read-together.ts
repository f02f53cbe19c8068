// Reads rows by key; all keys asked for at once go into one statement, so that many small reads become one.
import type { Sql } from "../database.ts";
import { shareReads } from "./shared-read.ts";

type Ask<Key, Row> = (key: Key) => Promise<Row | undefined>;

/**
 * @param readAll the existing rows, by key
 * @returns the row as it is when asked for, or later; undefined where there is none. All who asked together share a failure
 */
export function readTogether<Key, Row>(
  readAll: (db: Sql, keys: readonly Key[]) => Promise<ReadonlyMap<Key, Row>>,
): (db: Sql, key: Key) => Promise<Row | undefined> {
  const ofPools = new WeakMap<Sql, Ask<Key, Row>>();
  return (db, key) => {
    let ask = ofPools.get(db);
    if (ask === undefined) {
      ask = gather((keys) => readAll(db, keys));
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
