// Brings the personal fields of all accounts under the newest data key, after one was made. Blind indexes stay: their
// key never changes.
import type { Sql } from "../../runtime/database.ts";
import { inTransaction, type Tx } from "../../runtime/transaction.ts";
import { UnknownDataKeyError, type Vault } from "../../runtime/vault.ts";
import { type EncryptedFields, lockEncryptedFields, updateEncryptedFields } from "./account-vault-store.ts";

const BATCH_SIZE = 500;

export interface Reencryption {
  /** Accounts with an encrypted field. */
  readonly accountCount: number;
  /** Accounts that were still under an older data key. */
  readonly changedCount: number;
}

/**
 * Goes through the accounts by id in batches, each its own short transaction; stopped midway, it is run again.
 * Locks a batch's rows, in id order. A running process that has not read the new key yet may write behind it.
 * @throws VaultError naming the field where a value does not decrypt; its batch is left as it was
 */
export async function reencryptAccounts(db: Sql, vault: Vault): Promise<Reencryption> {
  let accountCount = 0;
  let changedCount = 0;
  for (let afterId: bigint | undefined = 0n; afterId !== undefined; ) {
    const from: bigint = afterId;
    const reencryptNext = () => inTransaction(db, (tx) => reencryptBatch(tx, vault, from));
    const batch = await reencryptNext().catch(async (error: unknown) => {
      if (!(error instanceof UnknownDataKeyError)) throw error;
      await vault.refresh(); // another rotation at the same time: both go on with the newer key
      return reencryptNext();
    });
    accountCount += batch.accountCount;
    changedCount += batch.changedCount;
    afterId = batch.lastId;
  }
  return { accountCount, changedCount };
}

async function reencryptBatch(
  tx: Tx,
  vault: Vault,
  afterId: bigint,
): Promise<Reencryption & { lastId: bigint | undefined }> {
  const accounts = await lockEncryptedFields(tx, afterId, BATCH_SIZE);
  const changed = accounts.flatMap((account) => {
    const fresh = reencryptFields(vault, account);
    const isSame = fresh.holderName === account.holderName && fresh.externalNumber === account.externalNumber;
    return isSame ? [] : [fresh];
  });
  if (changed.length > 0) await updateEncryptedFields(tx, changed);
  return { accountCount: accounts.length, changedCount: changed.length, lastId: accounts.at(-1)?.id };
}

function reencryptFields(vault: Vault, { id, holderName, externalNumber }: EncryptedFields): EncryptedFields {
  const reencrypt = (value: string | null, field: string) =>
    value === null ? null : vault.reencrypt(value, `banking.accounts.${field}:${id}`);
  return {
    id,
    holderName: reencrypt(holderName, "holder_name"),
    externalNumber: reencrypt(externalNumber, "external_number"),
  };
}
