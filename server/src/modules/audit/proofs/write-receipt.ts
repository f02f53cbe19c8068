// A receipt: everything needed to prove, without us, that a transaction is in the book whose root we signed. One JSON file with
// the transfers' canonical bytes, the path from each to the root, the signed checkpoint and the key to check it with.
import type { Sql } from "../../../runtime/database.ts";
import { selectVerifierKeys } from "../checkpoints/checkpoint-store.ts";
import type { TransferSource } from "../checkpoints/extend-transfer-log.ts";
import { openNote, readVerifierKey } from "../checkpoints/signed-note.ts";
import { auditError } from "../errors.ts";
import { getTransferProof, type LeafProof } from "./get-proof.ts";

export const RECEIPT_FORMAT = "countinghouse-receipt/1";

export interface Receipt {
  readonly format: typeof RECEIPT_FORMAT;
  readonly transaction_id: string;
  /** Signed note; the same for all transfers. */
  readonly checkpoint: string;
  readonly verifier_key: string;
  readonly transfers: readonly {
    readonly leaf: string;
    readonly index: number;
    readonly path: readonly string[];
  }[];
}

/**
 * The receipt's file, byte for byte.
 * @throws AppError `not_found/leaf_not_found` where there is no such transaction, it moved nothing, or no checkpoint has it yet
 */
export async function writeReceipt(
  { db, source }: { db: Sql; source: TransferSource },
  transactionId: number,
): Promise<string> {
  const keys = await source.keysOf(transactionId);
  const proofs: LeafProof[] = [];
  for (const key of keys) proofs.push(await getTransferProof({ db, source }, key));
  const checkpoint = proofs[0]?.checkpoint;
  if (checkpoint === undefined) throw auditError("leaf_not_found");
  // A checkpoint made between two proofs would mix two trees; then all proofs are made again for the later one.
  if (proofs.some((proof) => proof.checkpoint.size !== checkpoint.size))
    return writeReceipt({ db, source }, transactionId);
  return formatReceipt({
    format: RECEIPT_FORMAT,
    transaction_id: String(transactionId),
    checkpoint: checkpoint.note,
    verifier_key: await findKeyOf(db, checkpoint.note),
    transfers: proofs.map(({ leaf, index, path }) => ({
      leaf,
      index,
      path: path.map((hash) => hash.toString("base64")),
    })),
  });
}

/** The key that signed the checkpoint; it need not be the one that signs now. */
async function findKeyOf(db: Sql, note: string): Promise<string> {
  const key = (await selectVerifierKeys(db)).find((candidate) => {
    const verifier = readVerifierKey(candidate);
    return verifier !== undefined && openNote(verifier, note) !== undefined;
  });
  if (key === undefined)
    throw new Error("no known key signed the latest checkpoint: run countinghouse verify");
  return key;
}

/** A receipt has only one form: any other byte is a change. */
export function formatReceipt(receipt: Receipt): string {
  return `${JSON.stringify(receipt, null, 2)}\n`;
}
