// The checks of a verification, one function each: each answers its first difference in words, or undefined.
import type { Tx } from "../../../runtime/transaction.ts";
import type { Difference } from "../../../values/difference.ts";
import { formatAmount } from "../../../values/money.ts";
import type { Checkpoint } from "./verification-store.ts";
import * as accounts from "./verify-accounts-store.ts";
import * as journals from "./verify-journals-store.ts";

export type BookDifference = Difference<CheckName, "accountId" | "transferId" | "journalId" | "holdId">;

export type CheckName =
  | "account_sums"
  | "running_balance"
  | "credit_limit"
  | "last_stamp"
  | "held"
  | "rules"
  | "journals"
  | "transfers"
  | "holds"
  | "reversals"
  | "owners"
  | "zero_sum";

type Found = Promise<BookDifference | undefined>;

/** Sums and running balances of a share of the accounts. */
export async function checkAccounts(tx: Tx, share: accounts.AccountShare): Found {
  const found = await accounts.selectAccountDifference(tx, share);
  if (found === undefined) return undefined;
  const { accountId, isMissing, brokenAt, belowLimitAt, behindAt } = found;
  if (isMissing) {
    const what = `account ${accountId} does not exist, and transfers name it`;
    return { check: "account_sums", what, accountId };
  }
  if (brokenAt !== null) return describeBrokenBalance(tx, { accountId, transferId: brokenAt, ...share });
  if (belowLimitAt !== null) {
    const what = `transfer ${belowLimitAt} left account ${accountId} below every credit limit it ever had`;
    return { check: "credit_limit", what, accountId, transferId: belowLimitAt };
  }
  if (behindAt !== null) {
    const what = `the last stamp of account ${accountId} lies before its transfer ${behindAt}`;
    return { check: "last_stamp", what, accountId, transferId: behindAt };
  }
  return describeSums(tx, found);
}

async function describeBrokenBalance(
  tx: Tx,
  at: { accountId: number; transferId: number; since: number },
): Promise<BookDifference> {
  const { accountId, transferId } = at;
  const { derived, noted } = await accounts.selectRunningBalance(tx, at);
  const write = await amountsOf(tx, accountId);
  const expected = write(derived);
  const stored = noted === null ? "no balance" : write(noted);
  const what = `the running balance of account ${accountId} first differs at transfer ${transferId}: its transfers add up to ${expected}, it notes ${stored}`;
  return { check: "running_balance", what, accountId, transferId, expected, stored };
}

async function describeSums(
  tx: Tx,
  { accountId, expected: derived, stored: kept }: accounts.AccountDifference,
): Promise<BookDifference> {
  const write = await amountsOf(tx, accountId);
  const tell = (sums: { debits: string; credits: string }) =>
    `${write(sums.debits)} out and ${write(sums.credits)} in`;
  const [expected, stored] = [tell(derived), tell(kept)];
  const what = `the sums of account ${accountId} differ: its transfers add up to ${expected}, it says ${stored}`;
  return { check: "account_sums", what, accountId, expected, stored };
}

export async function checkFormerLimits(tx: Tx, { since }: Checkpoint): Found {
  const found = await accounts.selectBelowFormerLimit(tx, since);
  if (found === undefined) return undefined;
  const { accountId, transferId } = found;
  const write = await amountsOf(tx, accountId);
  const [expected, stored] = [`at least ${write(`${-BigInt(found.limit)}`)}`, write(found.balance)];
  const what = `transfer ${transferId} left account ${accountId} at ${stored}, below the credit limit of its time (${expected})`;
  return { check: "credit_limit", what, accountId, transferId, expected, stored };
}

export async function checkHeld(tx: Tx): Found {
  const found = await accounts.selectHeldDifference(tx);
  if (found === undefined) return undefined;
  const { accountId } = found;
  if (found.hasLateExpiry) {
    const what = `a hold on account ${accountId} expires before the account knows of it`;
    return { check: "held", what, accountId };
  }
  const write = await amountsOf(tx, accountId);
  const [expected, stored] = [write(found.expected), write(found.stored)];
  const what = `account ${accountId} holds ${stored}, its active holds add up to ${expected}`;
  return { check: "held", what, accountId, expected, stored };
}

export async function checkRules(tx: Tx): Found {
  const found = await accounts.selectBrokenRule(tx);
  if (found === undefined) return undefined;
  const { accountId, rule } = found;
  return { check: "rules", what: `account ${accountId} ${rule}`, accountId };
}

export async function checkZeroSum(tx: Tx): Found {
  const found = await accounts.selectUnbalancedAsset(tx);
  if (found === undefined) return undefined;
  const { code, scale } = found;
  const [expected, stored] = [formatAmount(0n, scale), formatAmount(BigInt(found.sum), scale)];
  const what = `all accounts of ${code} add up to ${stored} instead of ${expected}`;
  return { check: "zero_sum", what, expected: `${expected} ${code}`, stored: `${stored} ${code}` };
}

/** Checks that each transfer has its place in a journal or is the capture of a hold, and that no journal lacks its transfers. */
export async function* checkJournals(
  tx: Tx,
  checkpoint: Checkpoint,
  counted: { readonly transfers: number; readonly inJournals: number },
): AsyncGenerator<BookDifference> {
  const { since } = checkpoint;
  const places = await journals.countPlaces(tx, since);
  const { captures, wrongAt } = await journals.countHolds(tx, checkpoint);
  if (wrongAt !== null) {
    const what = `hold ${wrongAt} does not agree with its journal, its accounts or its capture`;
    yield { check: "holds", what, holdId: wrongAt };
  }
  if (places !== counted.inJournals) yield describeShortJournal(await journals.selectShortJournal(tx, since));
  if (counted.transfers !== counted.inJournals + captures) {
    yield describeStrayTransfer(await journals.selectStrayTransfer(tx, since));
  }
}

function describeShortJournal(
  found: { journalId: number; expected: number; found: number } | undefined,
): BookDifference {
  if (found === undefined) return { check: "journals", what: "journals and transfers differ in number" };
  const { journalId } = found;
  const [expected, stored] = [`${found.expected} transfers`, `${found.found}`];
  const what = `journal ${journalId} says that it has ${expected}, and ${stored} are there`;
  return { check: "journals", what, journalId, expected, stored };
}

function describeStrayTransfer(found: { transferId: number; journalId: number } | undefined): BookDifference {
  if (found === undefined) return { check: "transfers", what: "captures and transfers differ in number" };
  const { transferId, journalId } = found;
  const what = `transfer ${transferId} has no place in journal ${journalId}, nor is it the capture of hold ${journalId}`;
  return { check: "transfers", what, transferId, journalId };
}

export function describeMixedTransfer(transferId: number): BookDifference {
  const what = `the sides of transfer ${transferId} are not two accounts of one asset`;
  return { check: "transfers", what, transferId };
}

/** What an order, a payment or a credit note has booked may only be given back by its own commands, which book anew. */
export async function checkOwners(tx: Tx, { since }: Checkpoint): Found {
  const found = await journals.findOwnedReversal(tx, since);
  if (found === undefined) return undefined;
  const { journalId, reversedId, owner } = found;
  const what = `journal ${journalId} reverses ${reversedId} behind its owner, ${owner?.type} ${owner?.id}`;
  return { check: "owners", what, journalId };
}

export async function checkReversals(tx: Tx, { since }: Checkpoint): Found {
  const found = await journals.selectFalseReversal(tx, since);
  if (found === undefined) return checkForgotten(tx, since);
  const { journalId, reversedId } = found;
  const what = `journal ${journalId} reverses ${reversedId} and is not the same amounts the other way round`;
  return { check: "reversals", what, journalId };
}

async function checkForgotten(tx: Tx, since: number): Found {
  const journalId = await journals.selectForgottenReversal(tx, since);
  if (journalId === undefined) return undefined;
  const what = `journal ${journalId} was written as a reversal, and nothing notes what it reversed`;
  return { check: "reversals", what, journalId };
}

async function amountsOf(tx: Tx, accountId: number): Promise<(minor: string) => string> {
  const asset = await accounts.selectAssetOf(tx, accountId);
  if (asset === undefined) return (minor) => `${minor} minor units`;
  return (minor) => `${formatAmount(BigInt(minor), asset.scale)} ${asset.code}`;
}
