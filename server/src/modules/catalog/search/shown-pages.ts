// Answers of the catalog, remembered as bytes while nothing that they show has changed. Never stale: before each is given again
// the database is asked which transaction changed the catalog last, once for all who ask at the same moment.
import { createHash } from "node:crypto";
import type { Sql } from "../../../runtime/database.ts";
import { shareReads } from "../../../runtime/reads/shared-read.ts";
import { type ChangeMark, selectChangeMark } from "./change-store.ts";

export interface ShownPage {
  readonly body: Buffer;
  readonly etag: string;
}

/** JSON text; without an ETag of its own it gets one of its very bytes. */
export interface MadePage {
  readonly text: string;
  readonly etag?: string;
}

export interface ShownPages {
  /**
   * The answer under this key as it is now.
   * @param key all that the answer depends on, but for the catalog's rows
   * @param make from rows read after the call
   */
  readonly find: (key: string, make: () => Promise<MadePage>) => Promise<ShownPage>;
}

interface Remembered extends ShownPage {
  /** The page was read by a snapshot that saw all transactions before this one. */
  readonly horizon: number;
}

const BYTES_MAX = 16_000_000;
/** Of an entry beside its bytes and its key. */
const ENTRY_BYTES = 300;

export function createShownPages(db: Sql): ShownPages {
  const known = new Map<string, Remembered>();
  let bytes = 0;
  let mark: ChangeMark | undefined;
  const readMark = shareReads(async () => {
    mark = await selectChangeMark(db);
    return mark;
  });

  function forget(key: string): void {
    const page = known.get(key);
    if (page === undefined) return;
    bytes -= page.body.length + key.length + ENTRY_BYTES;
    known.delete(key);
  }

  function remember(key: string, page: Remembered): void {
    forget(key);
    known.set(key, page);
    bytes += page.body.length + key.length + ENTRY_BYTES;
    for (const oldest of known.keys()) {
      if (bytes <= BYTES_MAX) break;
      forget(oldest);
    }
  }

  async function recall(key: string): Promise<ShownPage | undefined> {
    if (!known.has(key)) return undefined;
    const { latest } = await readMark();
    const page = known.get(key);
    if (page === undefined || page.horizon <= latest) return undefined;
    known.delete(key); // to the end: what is shown often is forgotten last
    known.set(key, page);
    return page;
  }

  async function find(key: string, make: () => Promise<MadePage>): Promise<ShownPage> {
    const recalled = await recall(key);
    if (recalled !== undefined) return recalled;
    // An older mark is as good: what came after it makes the page look changed, and it is made again.
    const { horizon } = mark ?? (await readMark());
    const { text, etag } = await make();
    const body = Buffer.from(text);
    const page = { body, etag: etag ?? tagOf(body), horizon };
    remember(key, page);
    return page;
  }

  return { find };
}

function tagOf(body: Buffer): string {
  return `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
}
