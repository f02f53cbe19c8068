// Checks a receipt offline: without database or network, by the file alone. To be sure who signed it, pass a key known from
// elsewhere. Any changed byte makes the check fail.

import {
  type NoteVerifier,
  openNote,
  readBase64,
  readCheckpoint,
  readVerifierKey,
} from "../checkpoints/signed-note.ts";
import { hashLeaf } from "./merkle-hash.ts";
import { rootOfInclusion } from "./verify-proof.ts";
import { formatReceipt, RECEIPT_FORMAT, type Receipt } from "./write-receipt.ts";

export interface ReceiptTransfer {
  readonly id: string;
  readonly debit_account_id: string;
  readonly credit_account_id: string;
  /** Minor units. */
  readonly amount: string;
  readonly asset: string;
  readonly scale: number;
  readonly kind: string;
}

export type ReceiptVerdict =
  | { readonly valid: false; readonly reason: string }
  | {
      readonly valid: true;
      readonly transactionId: string;
      readonly origin: string;
      readonly size: number;
      readonly transfers: readonly ReceiptTransfer[];
      /** Whether the key was passed in, rather than taken from the receipt itself. */
      readonly isKeyKnown: boolean;
    };

const invalid = (reason: string) => ({ valid: false, reason }) as const;

/** Whether the text is a key that can check receipts. */
export function isVerifierKey(text: string): boolean {
  return readVerifierKey(text.trim()) !== undefined;
}

/** @param knownKey the log's verifier key as it was published; without it the receipt's own is used, which proves less */
export function verifyReceipt(text: string, knownKey?: string): ReceiptVerdict {
  const known = knownKey === undefined ? undefined : readVerifierKey(knownKey.trim());
  if (knownKey !== undefined && known === undefined)
    return invalid("the key that was given is malformed, so nothing was checked with it");
  const receipt = parseReceipt(text);
  if (receipt === undefined) return invalid("it is not a receipt, or was changed in its form");
  const verifier = readVerifierKey(receipt.verifier_key);
  if (verifier === undefined) return invalid("its own key is malformed");
  if (known !== undefined && knownKey?.trim() !== receipt.verifier_key)
    return invalid(describeOtherKey(known, verifier));
  const note = openNote(verifier, receipt.checkpoint);
  const checkpoint = note === undefined ? undefined : readCheckpoint(note);
  if (
    checkpoint === undefined ||
    checkpoint.origin !== verifier.name ||
    countSignatures(receipt.checkpoint) !== 1
  )
    return invalid("the signature of its checkpoint does not hold");
  const transfers: ReceiptTransfer[] = [];
  for (const { leaf, index, path } of receipt.transfers) {
    const hashes = path.map(readBase64);
    if (!isComplete(hashes)) return invalid("a proof is malformed");
    const root = rootOfInclusion({ index, size: checkpoint.size, leafHash: hashLeaf(leaf), path: hashes });
    if (root?.equals(checkpoint.root) !== true)
      return invalid("a transfer is not in the book that was signed");
    transfers.push(JSON.parse(leaf));
  }
  if (!isWhole(receipt)) return invalid("its transfers are not those of its transaction");
  const { transaction_id: transactionId } = receipt;
  const { origin, size } = checkpoint;
  return { valid: true, transactionId, origin, size, transfers, isKeyKnown: knownKey !== undefined };
}

function describeOtherKey(given: NoteVerifier, own: NoteVerifier): string {
  if (given.name !== own.name)
    return `it is signed with the key of the log ${own.name}, and the given one is that of ${given.name}`;
  const [ownId, givenId] = [own, given].map(({ keyId }) => keyId.toString("hex"));
  return `it is signed with another key (id ${ownId}) than the given one (id ${givenId})`;
}

function isComplete(hashes: readonly (Buffer | undefined)[]): hashes is Buffer[] {
  return hashes.every((hash) => hash?.length === 32);
}

function countSignatures(note: string): number {
  return note.slice(note.lastIndexOf("\n\n") + 2, -1).split("\n").length;
}

/** All transfers of one journal, each once, in order. */
function isWhole({ transaction_id, transfers }: Receipt): boolean {
  const leaves = transfers.map(({ leaf }) => JSON.parse(leaf));
  const ids = leaves.map(({ id }) => BigInt(id));
  return (
    leaves.every(
      ({ journal_id, journal_transfers }) =>
        journal_id === transaction_id && journal_transfers === leaves.length,
    ) && ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? id))
  );
}

/** Undefined unless the text is, byte for byte, in the form in which receipts are written. */
function parseReceipt(text: string): Receipt | undefined {
  try {
    const receipt: Receipt = JSON.parse(text);
    const { format, transaction_id, checkpoint, verifier_key, transfers } = receipt;
    if (format !== RECEIPT_FORMAT || !Array.isArray(transfers) || transfers.length === 0) return undefined;
    const isText = [transaction_id, checkpoint, verifier_key].every((value) => typeof value === "string");
    const known = transfers.map(({ leaf, index, path }) => ({ leaf, index, path }));
    const isShaped = known.every(
      ({ leaf, index, path }) =>
        typeof leaf === "string" &&
        Number.isSafeInteger(index) &&
        Array.isArray(path) &&
        path.every((hash) => typeof hash === "string"),
    );
    if (!isText || !isShaped) return undefined;
    return formatReceipt({ format, transaction_id, checkpoint, verifier_key, transfers: known }) === text
      ? receipt
      : undefined;
  } catch {
    return undefined;
  }
}
