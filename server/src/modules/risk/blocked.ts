// The block list: e-mail addresses, networks, addresses and customers whose orders are found suspicious.
// The values are personal, so they are stored encrypted.

import type { Sql } from "../../runtime/database.ts";
import type { Tx } from "../../runtime/transaction.ts";
import type { Vault } from "../../runtime/vault/vault.ts";
import { invalidField } from "../../values/app-error.ts";
import type { PageFilter } from "../../values/filter.ts";
import { readForeignCode } from "../../values/names.ts";
import { type Page, toPage } from "../../values/page.ts";
import { riskError } from "./errors.ts";
import type { BlockedKind, FraudAddress } from "./fraud-rules.ts";
import {
  type BlockedRow,
  deleteBlocked,
  insertBlocked,
  selectBlocked,
  selectBlockedId,
  selectBlockedPage,
  updateBlocked,
} from "./fraud-store.ts";
import { normalizeSubject, subjectOf } from "./fraud-subject.ts";

/** An entry as it is read: its value in normalized form, without the blind index that finds it. */
export type BlockedEntry = Omit<BlockedRow, "valueIndex">;

export interface NewBlocked {
  readonly kind: BlockedKind;
  /** In normalized form, for comparing. */
  readonly value: string;
  readonly reason: string | null;
  readonly expiresAt: Date | null;
  readonly blockedBy: string;
}

/** Binds an encrypted value to its row by its blind index. */
export const contextOfBlocked = (indexHex: string) => `risk.blocked_subjects.value:${indexHex}`;

/** @throws AppError `conflict/blocked_already` with the entry's id */
export async function blockSubject(tx: Tx, vault: Vault, entry: NewBlocked): Promise<BlockedEntry> {
  const { kind, value, ...rest } = entry;
  const subject = subjectOf(vault, kind, value);
  const known = await selectBlockedId(tx, subject.index);
  if (known !== undefined) throw riskError("blocked_already", { id: String(known) });
  const sealed = vault.encrypt(value, contextOfBlocked(subject.index.toString("hex")));
  return toEntry(await insertBlocked(tx, { ...rest, subject, value: sealed }), value);
}

/** The value in normalized form. @throws AppError `invalid/invalid_request` where it is not a value of its kind */
export function readSubject(kind: BlockedKind, value: string | FraudAddress): string {
  if (kind === "customer" && typeof value === "string") return readForeignCode(value, "value");
  const normalized = normalizeSubject(kind, value);
  if (normalized !== undefined && !/[\p{Cc}\p{Cs}]/u.test(normalized)) return normalized;
  const forms = {
    email: "must be an e-mail address",
    ip: "must be an IPv4 or IPv6 address",
    address: "must be an object with street, postal_code, city and country",
    customer: "must be the customer's id, the subject of their token",
  };
  throw invalidField("value", forms[kind]);
}

export type BlockedQuery = PageFilter<{
  kind: BlockedKind;
  /** Needs `kind`. */
  value: string;
}>;

/** Newest first. */
export async function findBlocked(
  { db, vault }: { db: Sql; vault: Vault },
  { kind, value, cursor = Number.MAX_SAFE_INTEGER, limit }: BlockedQuery,
): Promise<Page<BlockedEntry>> {
  if (value !== undefined && kind === undefined) throw invalidField("value", "needs kind beside it");
  const index =
    value === undefined || kind === undefined
      ? undefined
      : subjectOf(vault, kind, readSubject(kind, value)).index;
  const found = await selectBlockedPage(db, { kind, index, beforeId: cursor, limit: limit + 1 });
  const page = toPage(found, limit, ({ id }) => id);
  return { ...page, items: await decryptEntries(vault, page.items) };
}

/** @throws AppError `not_found/blocked_entry_not_found` */
export async function getBlocked(sql: Sql | Tx["sql"], vault: Vault, id: number): Promise<BlockedEntry> {
  const row = await selectBlocked(sql, id);
  if (row === undefined) throw riskError("blocked_entry_not_found");
  const [entry] = await decryptEntries(vault, [row]);
  if (entry === undefined) throw new Error("one row is one entry");
  return entry;
}

export interface BlockedChange {
  /** Undefined leaves the field unchanged. */
  readonly reason?: string | null | undefined;
  readonly expiresAt?: Date | null | undefined;
  readonly versions?: readonly number[] | undefined;
}

/** @throws AppError `not_found/blocked_entry_not_found`, `conflict/blocked_entry_changed` */
export async function changeBlocked(
  tx: Tx,
  vault: Vault,
  { id, change }: { id: number; change: BlockedChange },
): Promise<BlockedEntry> {
  const before = await getBlocked(tx.sql, vault, id);
  const { reason = before.reason, expiresAt = before.expiresAt, versions } = change;
  const row = await updateBlocked(tx, id, { reason, expiresAt, versions });
  if (row === undefined) throw riskError("blocked_entry_changed", { version: before.version });
  return toEntry(row, before.value);
}

/** @throws AppError `not_found/blocked_entry_not_found` */
export async function unblockSubject(tx: Tx, vault: Vault, id: number): Promise<BlockedEntry> {
  const entry = await getBlocked(tx.sql, vault, id);
  if (!(await deleteBlocked(tx, id))) throw riskError("blocked_entry_not_found");
  return entry;
}

async function decryptEntries(vault: Vault, rows: readonly BlockedRow[]): Promise<BlockedEntry[]> {
  const values = await vault.decryptAll(
    rows.map(({ valueIndex, value }) => ({ value, context: contextOfBlocked(valueIndex.toString("hex")) })),
  );
  return rows.map((row, index) => toEntry(row, values[index] ?? ""));
}

function toEntry({ valueIndex: _, ...row }: BlockedRow, value: string): BlockedEntry {
  return { ...row, value };
}
