// `countinghouse receipt`: writes a transaction's proof to a file, and checks such a file without a database.
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { loadConfig } from "../../config/load-config.ts";
import {
  isVerifierKey,
  makeCheckpoints,
  type ReceiptVerdict,
  verifyReceipt,
  writeReceipt,
} from "../../modules/audit/index.ts";
import { audit, openConfiguredSigners } from "../../modules/audit/open.ts";
import { openTransferSource } from "../../modules/ledger/index.ts";
import { readUtf8File, TextFileError } from "../../runtime/files/text-file.ts";
import { AppError } from "../../values/app-error.ts";
import { parseId } from "../../values/id.ts";
import { formatAmount } from "../../values/money.ts";
import { CommandError, EXIT_CODES } from "../command-error.ts";
import { addExamples } from "../examples.ts";
import { withMigratedDatabase } from "../with-database.ts";

export function addReceiptCommand(program: Command): void {
  const receipt = program
    .command("receipt")
    .description("prove that a transaction is in the signed book, and check such proofs");
  const write = receipt
    .command("write <transaction>", { isDefault: true })
    .description("write a transaction's proof: its transfers, their place in the signed book, the signature")
    .option("--out <file>", "where to; - is standard output", "-")
    .action(async (transaction: string, { out }: { out: string }) => {
      const text = await makeReceipt(transaction);
      if (out === "-") process.stdout.write(text);
      else console.log(saveReceipt(text, out, program.opts()["json"] === true));
    });
  addExamples(write, [
    ["countinghouse receipt 1795257115482352 --out receipt.json", "a file for the customer or the auditor"],
  ]);
  const verify = receipt
    .command("verify <file>")
    .description("check a receipt; needs no database, and the public key alone to be sure of the signer")
    .option("--public-key <key>", "the log's key as it was published; without it the receipt's own is used")
    .action(async (file: string, options: { publicKey?: string }) => {
      if (options.publicKey !== undefined && !isVerifierKey(options.publicKey))
        throw new CommandError(
          "--public-key is malformed: it must be a whole verifier key, name+id+key, as GET /api/v1/audit/key?log=transfers answers it",
        );
      const verdict = verifyReceipt(await readReceipt(file), options.publicKey);
      console.log(program.opts()["json"] === true ? JSON.stringify(verdict) : describe(verdict));
      process.exitCode = verdict.valid ? EXIT_CODES.done : EXIT_CODES.foundWrong;
    });
  addExamples(verify, [
    [
      'countinghouse receipt verify receipt.json --public-key "$(curl -s .../api/v1/audit/key?log=transfers)"',
      "exit code 0: it holds, 1: not",
    ],
  ]);
}

/** A transaction without a checkpoint gets one now. */
async function makeReceipt(transaction: string): Promise<string> {
  const id = parseId(transaction);
  if (id === undefined) throw new CommandError(`"${transaction}" is not the id of a transaction`);
  const config = loadConfig();
  const signers = openConfiguredSigners(audit.readSettings(config));
  return withMigratedDatabase(config, async (db) => {
    const source = openTransferSource(db);
    await makeCheckpoints({ db, source, signers, directory: config.AUDIT_CHECKPOINT_DIR });
    return writeReceipt({ db, source }, id).catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      throw new CommandError(
        `There is no completed transaction ${id}: nothing was moved that could be proven`,
      );
    });
  });
}

/** Returns what was written, in words or as JSON. @throws CommandError where it cannot be written */
function saveReceipt(text: string, out: string, asJson: boolean): string {
  const path = resolve(out);
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new CommandError(`cannot write ${path} (${(error as Error).message}); choose another --out`);
  }
  const verdict = verifyReceipt(text);
  if (!verdict.valid) throw new Error(`a receipt was made that does not hold: ${verdict.reason}`);
  const { transactionId, transfers } = verdict;
  if (asJson)
    return JSON.stringify({ out: path, transaction_id: transactionId, transfer_count: transfers.length });
  const count = `${transfers.length} transfer${transfers.length === 1 ? "" : "s"}`;
  return `Wrote the receipt of transaction ${transactionId} (${count}) to ${path}.`;
}

async function readReceipt(file: string): Promise<string> {
  try {
    return await readUtf8File(file);
  } catch (error) {
    throw error instanceof TextFileError ? new CommandError(`${file} ${error.message}`) : error;
  }
}

function describe(verdict: ReceiptVerdict): string {
  if (!verdict.valid) return `NOT VALID: ${verdict.reason}.`;
  const transfers = verdict.transfers.map(({ amount, asset, scale, debit_account_id, credit_account_id }) => {
    const decimal = formatAmount(BigInt(amount), scale);
    return `  ${decimal} ${asset} from account ${debit_account_id} to ${credit_account_id}`;
  });
  const key = verdict.isKeyKnown
    ? ""
    : "\nThe key was taken from the receipt itself: compare it with the published one (--public-key).";
  const place = `is in the book of ${verdict.origin}, signed at ${verdict.size} transfers`;
  return [`Valid: transaction ${verdict.transactionId} ${place}.`, ...transfers].join("\n") + key;
}
