// The check of the whole: whether ledger, stock, payments, coupons, orders and carts agree. Each module verifies its own data
// against the modules below it; here the checks run one after the other, lowest module first, and report by kind.
import type { Sql } from "../../runtime/database.ts";
import type { Difference } from "../../values/difference.ts";
import type { BookReading, Check, CheckOptions } from "../module.ts";

/** By kind, which is the metric's label. */
export type Findings = Readonly<Record<string, readonly Difference[]>>;

export interface IntegrityCheck {
  readonly findings: Findings;
  /** The ledger's part, which reads only what is new since its last clean run, unless `full`. */
  readonly reading: BookReading;
}

export interface IntegrityOptions extends Pick<CheckOptions, "full" | "readOnly"> {
  /** How much of a kind is checked; the kinds follow one after the other. */
  readonly onProgress?: (kind: string, done: number, of: number) => void;
  /** Stamp up to which an earlier check found all kinds in order; 0: none did. */
  readonly verifiedUntil: number;
}

/** Each kind once, lowest module first. */
export function listKinds(checks: readonly Check[]): string[] {
  return [...new Set(checks.map(({ kind }) => kind))];
}

/**
 * Locks no rows; each part sees one moment. Names the first difference of each check. Only the ledger may begin where
 * its own last clean run ended; the others begin where all kinds were clean, so that a difference found once is found again.
 * @throws AppError `conflict/verification_running` while another verification runs on the same database
 */
export async function checkIntegrity(
  db: Sql,
  checks: readonly Check[],
  { verifiedUntil, onProgress, ...options }: IntegrityOptions,
): Promise<IntegrityCheck> {
  const findings = new Map<string, Difference[]>(listKinds(checks).map((kind) => [kind, []]));
  let reading: BookReading | undefined;
  for (const { kind, run } of checks) {
    const since = Math.min(reading?.since ?? verifiedUntil, verifiedUntil);
    const tell = (done: number, of: number) => onProgress?.(kind, done, of);
    const found = await run(db, { ...options, since, onProgress: tell });
    reading ??= found.reading;
    findings.get(kind)?.push(...found.differences);
  }
  if (reading === undefined) throw new Error("no check has read the book");
  return { findings: Object.fromEntries(findings), reading };
}

export function countFindings(findings: Findings): number {
  return Object.values(findings).reduce((sum, found) => sum + found.length, 0);
}

/** In the form of the API and the command line: accountId becomes account_id, and ids are strings. */
export function describeFinding({ check, what, ...ids }: Difference): {
  check: string;
  what: string;
  [id: string]: string;
} {
  const named = Object.entries(ids).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [[name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), String(value)]],
  );
  return { check, what, ...Object.fromEntries(named) };
}
