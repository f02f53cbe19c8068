// `countinghouse reconcile`: compares what a payment provider says it moved with our bookings.
import { access } from "node:fs/promises";
import { type Command, Option } from "commander";
import { loadConfig } from "../../config/load-config.ts";
import { loadAssets } from "../../modules/ledger/index.ts";
import type { Mismatch, Reconciliation } from "../../modules/payments/index.ts";
import { CommandError, EXIT_CODES } from "../command-error.ts";
import { addExamples } from "../examples.ts";
import { readUtcTime } from "../read-time.ts";
import { withMigratedDatabase } from "../with-database.ts";

interface ReconcileOptions {
  readonly provider: "stripe" | "sandbox";
  readonly file?: string;
  readonly from?: number;
  readonly to?: number;
}

export function addReconcileCommand(program: Command): void {
  const command = program
    .command("reconcile")
    .description("compare a payment provider's list with ours: matched, missing, extra, different")
    .addOption(
      new Option("--provider <name>", "whose list it is")
        .choices(["stripe", "sandbox"])
        .makeOptionMandatory(),
    )
    .option("--file <csv>", "its export: Payments, or the itemized balance report; the sandbox needs none")
    .option(
      "--from <time>",
      "RFC 3339, or a date in UTC: what moved here before is not missing; default: the list's first line",
      readUtcTime,
    )
    .option("--to <time>", "what happened here from then on is left out; default: now", readUtcTime)
    .action(async (options: ReconcileOptions) => {
      const found = await runReconcile(options);
      const asJson = program.opts()["json"] === true;
      console.log(asJson ? JSON.stringify(toDocument(options, found)) : describe(found));
      process.exitCode = found.mismatches.length === 0 ? EXIT_CODES.done : EXIT_CODES.foundWrong;
    });
  addExamples(command, [
    ["countinghouse reconcile --provider stripe --file payments.csv", "exit code 0: all agrees, 1: not"],
    [
      "countinghouse reconcile --provider stripe --file balance.csv --from 2026-11-01 --to 2026-12-01",
      "a month of the balance report",
    ],
    ["countinghouse reconcile --provider sandbox", "with the sandbox's own memory"],
  ]);
}

async function runReconcile({ provider, file, from, to }: ReconcileOptions): Promise<Reconciliation> {
  if (file === undefined && provider !== "sandbox")
    throw new CommandError("--file is needed: what Stripe's dashboard exports as CSV (docs/cli.md)");
  if (file !== undefined)
    await access(file).catch(() => {
      throw new CommandError(`cannot read ${file}; name the file that the provider exported`);
    });
  const { ListError, listSandbox, readProviderList, reconcile } = await import(
    "../../modules/payments/index.ts"
  );
  return withMigratedDatabase(loadConfig(), async (db) => {
    const assets = await loadAssets(db);
    try {
      const list = file === undefined ? await listSandbox(db) : await readProviderList(file, assets);
      return await reconcile({ db, assets }, list, { provider, from, to });
    } catch (error) {
      if (error instanceof ListError) throw new CommandError(`${file} ${error.message}`);
      throw error;
    }
  });
}

function describe({ matched, mismatches, lineCount }: Reconciliation): string {
  const count = (kind: Mismatch["kind"]) => mismatches.filter((mismatch) => mismatch.kind === kind).length;
  const lines = mismatches.map(({ kind, what }) => `${kind.toUpperCase()}: ${what}`);
  const sum = `${matched} matched, ${count("missing")} missing, ${count("extra")} extra, ${count("different")} different (${lineCount} lines read).`;
  return [...lines, sum].join("\n");
}

/** Ids as strings, as in the API. */
function toDocument({ provider }: ReconcileOptions, found: Reconciliation): object {
  const id = (value: number | null) => (value === null ? null : String(value));
  return {
    clean: found.mismatches.length === 0,
    provider,
    line_count: found.lineCount,
    matched: found.matched,
    mismatches: found.mismatches.map(({ kind, what, reference, paymentId, orderId }) => ({
      kind,
      what,
      provider_reference: reference,
      payment_id: id(paymentId),
      order_id: id(orderId),
    })),
  };
}
