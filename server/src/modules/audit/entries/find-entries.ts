// Reads the trail for those with permission: filtered, newest first, with the personal values that are still kept.
import type { Sql } from "../../../runtime/database.ts";
import type { Vault } from "../../../runtime/vault/vault.ts";
import { type Page, toPage } from "../../../values/page.ts";
import { type EntryFilter, type StoredEntry, selectFilteredEntries } from "./entry-store.ts";
import { selectSealedValues } from "./personal-store.ts";
import { describeBinding } from "./personal-values.ts";
import type { EntryBody } from "./write-body.ts";

/** An entry with its values decrypted: null where a value was forgotten. */
export interface EntryRecord {
  readonly seq: number;
  readonly body: EntryBody;
  readonly chainHash: Buffer;
  readonly values: Readonly<Record<string, string | null>>;
}

export async function findEntries(
  { db, vault }: { db: Sql; vault: Vault },
  filter: EntryFilter,
): Promise<Page<EntryRecord>> {
  const entries = await selectFilteredEntries(db, { ...filter, limit: filter.limit + 1 });
  const page = toPage(entries, filter.limit, ({ seq }) => seq);
  return { ...page, items: await revealValues({ db, vault }, page.items) };
}

/** Decrypts the personal values of entries, by name, including `ip` and `user_agent`. */
export async function revealValues(
  { db, vault }: { db: Sql; vault: Vault },
  entries: readonly StoredEntry[],
): Promise<EntryRecord[]> {
  const parsed = entries.map((entry) => ({ entry, body: JSON.parse(entry.body) as EntryBody }));
  const commitments = [...new Set(parsed.flatMap(({ body }) => Object.values(commitmentsOf(body))))];
  const sealed = await selectSealedValues(db, commitments);
  const kept = [...sealed].map(([hex, value]) => ({
    hex,
    value,
    context: describeBinding(Buffer.from(hex, "hex")),
  }));
  const opened = await vault.decryptAll(kept);
  const values = new Map(kept.map(({ hex }, index) => [hex, readValue(opened[index])]));
  return parsed.map(({ entry, body }) => ({
    seq: entry.seq,
    body,
    chainHash: entry.chainHash,
    values: Object.fromEntries(
      Object.entries(commitmentsOf(body)).map(([name, hex]) => [name, values.get(hex) ?? null]),
    ),
  }));
}

function readValue(opened: string | null | undefined): string | null {
  return opened == null ? null : JSON.parse(opened).value;
}

function commitmentsOf({ origin, personal }: EntryBody): Record<string, string> {
  return {
    ...(origin.ip === undefined ? {} : { ip: origin.ip }),
    ...(origin.user_agent === undefined ? {} : { user_agent: origin.user_agent }),
    ...personal,
  };
}
