// Caches answers of the catalog as bytes while nothing that they show has changed. They are never stale: before each use the
// database is asked which transaction changed the catalog last, once for all requests of the same moment.
import { createHash } from "node:crypto";
import type { Sql } from "../../../runtime/database.ts";
import { createKeptAnswers } from "../../../runtime/reads/kept-answers.ts";
import { shareReads } from "../../../runtime/reads/shared-read.ts";
import { readOnOneConnection } from "../../../runtime/transaction.ts";
import { type ChangeMark, selectChangeMark } from "./change-store.ts";

export interface ShownPage {
  readonly body: Buffer;
  readonly etag: string;
}

/** JSON text; where it has no ETag of its own, one is made from its bytes. */
export interface MadePage {
  readonly text: string;
  readonly etag?: string;
}

export interface ShownPages {
  /**
   * The current answer for this key.
   * @param key all that the answer depends on, except the catalog's rows
   * @param make makes the answer from rows read after the call
   */
  readonly find: (key: string, make: () => Promise<MadePage>) => Promise<ShownPage>;
}

interface Remembered extends ShownPage {
  /** The snapshot that read the page saw all transactions before this one. */
  readonly horizon: number;
}

const BYTES_MAX = 16_000_000;

export function createShownPages(db: Sql): ShownPages {
  const known = createKeptAnswers<string, Remembered>(BYTES_MAX, (key, { body }) => body.length + key.length);
  let mark: ChangeMark | undefined;
  const readMark = shareReads(async () => {
    mark = await readOnOneConnection(db.keyed, selectChangeMark);
    return mark;
  });

  async function recall(key: string): Promise<ShownPage | undefined> {
    const page = known.get(key);
    if (page === undefined) return undefined;
    const { latest } = await readMark();
    return page.horizon <= latest ? undefined : page;
  }

  async function find(key: string, make: () => Promise<MadePage>): Promise<ShownPage> {
    const recalled = await recall(key);
    if (recalled !== undefined) return recalled;
    // An older mark is safe: later transactions make the page look changed, and it is made again.
    const { horizon } = mark ?? (await readMark());
    const { text, etag } = await make();
    const body = Buffer.from(text);
    const page = { body, etag: etag ?? tagOf(body), horizon };
    known.set(key, page);
    return page;
  }

  return { find };
}

function tagOf(body: Buffer): string {
  return `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
}
