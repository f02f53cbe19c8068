// The answer to a posted transaction, remembered in short. The ledger's row tells nearly all of it, and of the request: here is
// the rest. Remembered are the balances' versions, and where there are any, what was held and the credit limit; and of the request
// what was written otherwise than it is told here.
//
// Always true: what is recalled is the answer that was given, byte for byte, and the same request but for the order of its
// fields. What cannot be told again is not shortened.
import { SHORT_PATH, type ShortAnswer } from "../../../runtime/idempotency.ts";
import { formatAmount } from "../../../values/money.ts";
import { ownOf } from "../../../values/own-of.ts";
import {
  type Asset,
  type Assets,
  type Balance,
  type Book,
  balanceOf,
  type PostedTransfer,
} from "../../ledger/index.ts";
import { describeBalance, describeTransaction, type TransactionFields } from "./transaction.ts";

/** Called before anything else is booked on the accounts. `visible`: those whose balances the answer shows, in its order. */
export function shorten(
  book: Book,
  request: string,
  { fields, visible }: { fields: TransactionFields; visible: readonly number[] },
): ShortAnswer | undefined {
  const rest = findRest(JSON.parse(request), describeRequest(fields));
  if (rest === undefined) return undefined;
  const answer = visible.map((id) => shortenBalance(book, id, id === payerOf(fields))).join("");
  return { journalId: fields.id, answer, request: rest };
}

export function recall(
  short: ShortAnswer,
  posted: PostedTransfer,
  assets: Pick<Assets, "byId">,
): { request: string; answer: string } {
  const asset = assets.byId(posted.assetId);
  const fields = toFields(posted, asset);
  const body = { ...describeRequest(fields), ...(short.request === null ? {} : JSON.parse(short.request)) };
  const balances = [...short.answer.matchAll(BALANCE)].map(([, ...parts]) =>
    recallBalance(posted, asset, parts),
  );
  return {
    request: JSON.stringify({ path: SHORT_PATH, body }),
    answer: JSON.stringify({ ...describeTransaction(fields), balances }),
  };
}

function toFields(posted: PostedTransfer, asset: Asset): TransactionFields {
  const isDeposit = posted.kind === "DEPOSIT";
  return {
    id: posted.id,
    type: posted.kind,
    status: "COMPLETED",
    accountId: isDeposit ? posted.creditAccountId : posted.debitAccountId,
    toAccountId: posted.kind === "TRANSFER" ? posted.creditAccountId : null,
    amount: posted.amount,
    asset,
    reference: posted.reference,
    metadata: posted.metadata,
  };
}

/** The account that paid; a deposit comes from the outside world. */
function payerOf({ type, accountId }: TransactionFields): number | null {
  return type === "DEPOSIT" ? null : accountId;
}

const TYPES: Readonly<Record<string, string>> = {
  DEPOSIT: "deposit",
  WITHDRAW: "withdrawal",
  TRANSFER: "transfer",
};

/** The request as most clients write it. */
function describeRequest({
  type,
  accountId,
  toAccountId,
  amount,
  asset,
  reference,
  metadata,
}: TransactionFields): Body {
  return {
    type: TYPES[type],
    account_id: String(accountId),
    ...(toAccountId === null ? {} : { to_account_id: String(toAccountId) }),
    amount: formatAmount(amount, asset.scale),
    currency: asset.code,
    ...(reference === null ? {} : { reference }),
    ...(metadata === null ? {} : { metadata: JSON.parse(metadata) }),
  };
}

type Body = Readonly<Record<string, unknown>>;

/** JSON text: the fields that were written otherwise; null where none was, undefined where one that is told was absent. */
function findRest(
  { path, body }: { path: string; body: Body | null },
  told: Body,
): string | null | undefined {
  if (path !== SHORT_PATH || Object.keys(told).some((name) => !Object.hasOwn(body ?? {}, name)))
    return undefined;
  const others = Object.entries(body ?? {}).filter(
    ([name, value]) => JSON.stringify(ownOf(told, name)) !== JSON.stringify(value),
  );
  return others.length === 0 ? null : JSON.stringify(Object.fromEntries(others));
}

/** Side (debit or credit), version, and where there are any: what is held and the credit limit, in minor units. */
const BALANCE = /([dc])(\d+)(?:h(\d+))?(?:l(\d+))?/g;

function shortenBalance(book: Book, id: number, isPayer: boolean): string {
  const account = book.accounts.get(id);
  if (account === undefined || account.system) return "";
  const { held, version } = balanceOf(account);
  const { creditLimit } = account;
  return `${isPayer ? "d" : "c"}${version}${held === 0n ? "" : `h${held}`}${creditLimit === 0n ? "" : `l${creditLimit}`}`;
}

function recallBalance(posted: PostedTransfer, asset: Asset, parts: readonly (string | undefined)[]) {
  const [side, version, held = "0", limit = "0"] = parts;
  const isPayer = side === "d";
  const balance = (isPayer ? posted.debitAfter : posted.creditAfter) ?? 0n;
  const available = balance - BigInt(held) + BigInt(limit);
  const sums: Balance = { balance, available, held: BigInt(held), version: Number(version) };
  return describeBalance(isPayer ? posted.debitAccountId : posted.creditAccountId, asset, sums);
}
