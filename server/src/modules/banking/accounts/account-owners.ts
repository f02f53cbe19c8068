// Who owns an account never changes, so the desk reads it once per account and process and then knows it.
import type { Tx } from "../../../runtime/transaction.ts";
import { readOwners } from "./owner-store.ts";

/** About 10 MB; a process that meets more accounts than this begins anew. */
const KNOWN_MAX = 100_000;

export interface AccountOwners {
  /** Owners by account id; accounts that do not exist are absent, and looked up again the next time. */
  readonly read: (tx: Tx, accountIds: Iterable<number>) => Promise<ReadonlyMap<number, string>>;
}

export function createAccountOwners(): AccountOwners {
  const known = new Map<number, string>();

  async function read(tx: Tx, accountIds: Iterable<number>): Promise<ReadonlyMap<number, string>> {
    const owners = new Map<number, string>();
    const unknown = new Set<number>();
    for (const id of accountIds) {
      const owner = known.get(id);
      if (owner === undefined) unknown.add(id);
      else owners.set(id, owner);
    }
    if (unknown.size === 0) return owners;
    const found = await readOwners(tx, [...unknown]);
    if (known.size + found.size > KNOWN_MAX) known.clear();
    for (const [id, owner] of found) {
      known.set(id, owner);
      owners.set(id, owner);
    }
    return owners;
  }

  return { read };
}
