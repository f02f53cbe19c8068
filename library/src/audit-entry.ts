// An entry of the audit log as a line of text, chained as the server chains its trail: the hash of each entry is over its own
// canonical JSON (RFC 8785) and the hash of the entry before it, so that none can be changed, taken out or put in unnoticed.
import { CHAIN_START, chainHash, hashLeaf, parseJson, toCanonicalJson } from "../../server/src/library.ts";

export interface AuditLogEntry {
  /** From 0. */
  readonly seq: number;
  /** RFC 3339, UTC. */
  readonly at: string;
  /** OWASP Logging Vocabulary where it has a name for it: "authn_login_success". */
  readonly event: string;
  readonly outcome: "success" | "refused";
  readonly actor_id: string;
  readonly resource?: { readonly type: string; readonly id: string };
  /** Why it was refused. */
  readonly code?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Of the entry before; zeros for the first. */
  readonly previous_hash: string;
  readonly hash: string;
}

export type AuditContent = Omit<AuditLogEntry, "seq" | "previous_hash" | "hash">;

export type AuditLogVerdict =
  /** `head`: hash of the last entry. Kept elsewhere, it shows whether the end was cut off later. */
  | { readonly valid: true; readonly entryCount: number; readonly head: string }
  | { readonly valid: false; readonly line: number; readonly reason: string };

export const HEAD_OF_NOTHING: string = CHAIN_START.toString("hex");

/** The entry that follows `before`; the first where there is none. */
export function linkEntry(content: AuditContent, before: AuditLogEntry | undefined): AuditLogEntry {
  const body = { ...content, seq: before === undefined ? 0 : before.seq + 1 };
  const previous_hash = before?.hash ?? HEAD_OF_NOTHING;
  return { ...body, previous_hash, hash: hashAfter(previous_hash, body) };
}

export function writeLine(entry: AuditLogEntry): string {
  return `${toCanonicalJson(entry)}\n`;
}

/** Undefined where it is no entry. */
export function readLine(line: string): AuditLogEntry | undefined {
  const entry = parseJson(line);
  if (typeof entry !== "object" || entry === null) return undefined;
  const { seq, hash, previous_hash } = entry as Partial<AuditLogEntry>;
  const isEntry = Number.isSafeInteger(seq) && isHash(hash) && isHash(previous_hash);
  return isEntry ? (entry as AuditLogEntry) : undefined;
}

/** Whether it may be the beginning of a line that was never finished. */
export function isBeginning(text: string): boolean {
  const beginning = '{"actor_id":"';
  return text.startsWith(beginning) || beginning.startsWith(text);
}

/** Why `line` is not what was written behind `before`; undefined where it is. */
export function findProblem(line: string, before: AuditLogEntry | undefined): string | undefined {
  const entry = readLine(line);
  if (entry === undefined) return "it is no entry";
  const { hash, previous_hash, ...body } = entry;
  if (entry.seq !== (before === undefined ? 0 : before.seq + 1))
    return `an entry before ${entry.seq} is missing`;
  if (previous_hash !== (before?.hash ?? HEAD_OF_NOTHING)) return "it does not follow the entry before it";
  if (hash !== hashAfter(previous_hash, body) || writeLine(entry) !== `${line}\n`) return "it was changed";
  return undefined;
}

function hashAfter(previousHash: string, body: object): string {
  return chainHash(Buffer.from(previousHash, "hex"), hashLeaf(toCanonicalJson(body))).toString("hex");
}

function isHash(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}
