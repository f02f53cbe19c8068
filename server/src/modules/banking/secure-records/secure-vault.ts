// The vault of secure transaction records, as a port. A record is encrypted with a data key of its own before the vault gets it,
// so that no vault, ours or foreign, ever holds a record in the clear.
//
// Today's vault is a table, written in the transaction of the posting. An outside vault (HashiCorp Vault, Azure Key Vault) will
// never be called inside a transaction: a job will fill it from the table, with the same sealed records.
import { createSecretKey, randomBytes } from "node:crypto";
import type { Sql } from "../../../runtime/database.ts";
import type { Vault } from "../../../runtime/vault/vault.ts";
import { seal, unseal } from "../../../runtime/vault/vault-cipher.ts";
import { VaultError } from "../../../runtime/vault/vault-error.ts";
import type { RowWriter } from "../../desk/index.ts";
import { insertSecureRecords, selectSecureRecord } from "./secure-vault-store.ts";

export interface SealedRecord {
  readonly txId: string;
  readonly transactionId: number;
  readonly wrappedKey: string;
  readonly sealed: string;
}

export interface SecureVault {
  /** Where the desk leaves records: they commit together with the posting or not at all. */
  readonly records: RowWriter<SealedRecord>;
  readonly find: (db: Sql, txId: string) => Promise<SealedRecord | undefined>;
}

export const TABLE_VAULT: SecureVault = {
  records: { name: "secure records", write: insertSecureRecords },
  find: selectSecureRecord,
};

const DATA_KEY_BYTES = 32;

export function sealRecord(
  vault: Vault,
  { txId, transactionId, record }: { txId: string; transactionId: number; record: string },
): SealedRecord {
  const dataKey = randomBytes(DATA_KEY_BYTES);
  const wrappedKey = vault.encrypt(dataKey.toString("base64url"), bindingOf(txId));
  const sealed = seal(createSecretKey(dataKey), Buffer.from(record), bindingOf(txId));
  return { txId, transactionId, wrappedKey, sealed };
}

/** @throws VaultError where anything was altered or moved */
export async function openRecord(vault: Vault, { txId, wrappedKey, sealed }: SealedRecord): Promise<string> {
  const [dataKey] = await vault.decryptAll([{ value: wrappedKey, context: bindingOf(txId) }]);
  const key = createSecretKey(Buffer.from(dataKey ?? "", "base64url"));
  const record = unseal(key, sealed, bindingOf(txId));
  if (record === undefined)
    throw new VaultError(`the secure record ${txId} does not decrypt: it was altered`);
  return record.toString();
}

export function bindingOf(txId: string): string {
  return `banking.secure_records:${txId}`;
}
