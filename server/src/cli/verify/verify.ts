// `countinghouse verify`: recomputes every balance, hold and journal, compares stock, payments and orders with them, and
// names the differences.
import type { Command } from "commander";
import { loadConfig } from "../../config/load-config.ts";
import type { BookReading } from "../../modules/module.ts";
import { countFindings, describeFinding, type Findings, runIntegrity } from "../../modules/reports/index.ts";
import { listChecks } from "../../program/module-list.ts";
import type { Difference } from "../../values/difference.ts";
import { formatStamp } from "../../values/time.ts";
import { EXIT_CODES } from "../command-error.ts";
import { addExamples } from "../examples.ts";
import { showProgress } from "../progress.ts";
import { withMigratedDatabase } from "../with-database.ts";
import { describeTrail, toTrailDocument, verifyConfiguredTrail } from "./verify-trail.ts";

export function addVerifyCommand(program: Command): void {
  const command = program
    .command("verify")
    .description(
      "re-derive every balance, hold, journal, stock, payment, order and audit proof, and name the first difference",
    )
    .option("--full", "from the first transfer; without it, from where the last clean run ended")
    .option("--read-only", "do not note how far everything was found in order")
    .action(async (options: { full?: true; readOnly?: true }) => {
      const asJson = program.opts()["json"] === true;
      const startedAt = performance.now();
      const { reading, check, trail } = await verify(options, asJson);
      const seconds = (performance.now() - startedAt) / 1000;
      const clean = countFindings(check.findings) === 0 && trail.findings.length === 0;
      const document = {
        ...toDocument(reading, check.findings, seconds),
        clean,
        trail: toTrailDocument(trail),
      };
      const lines = [
        describeBook(reading, check.findings["ledger"] ?? [], seconds),
        ...describeKinds(check.findings),
        describeTrail(trail),
      ];
      console.log(asJson ? JSON.stringify(document) : lines.join("\n"));
      process.exitCode = clean ? EXIT_CODES.done : EXIT_CODES.foundWrong;
    });
  addExamples(command, [
    ["countinghouse verify", "while the server runs or not; exit code 0: all agrees, 1: not"],
    ["countinghouse verify --full", "everything, from the first transfer"],
    ["countinghouse verify --json", "for a monitor"],
  ]);
}

async function verify(options: { full?: true; readOnly?: true }, asJson: boolean) {
  const config = loadConfig();
  return withMigratedDatabase(config, async (db) => {
    const progress = showProgress("verifying", !asJson);
    let part = "";
    const turnTo = (next: string) => {
      if (next !== part) progress.turnTo(next);
      part = next;
    };
    try {
      const found = await runIntegrity(db, listChecks(), {
        full: options.full === true,
        readOnly: options.readOnly === true,
        onProgress: (kind, done, of) => {
          turnTo(kind);
          progress.update(done, of);
        },
      });
      turnTo("audit trail");
      return { ...found, trail: await verifyConfiguredTrail(db, config, progress.update) };
    } finally {
      progress.stop();
    }
  });
}

function describeBook(
  { transferCount, since, verifiedUntil }: BookReading,
  differences: readonly Difference[],
  seconds: number,
): string {
  const begin = since === 0 ? "from the first on" : `since ${formatStamp(since)}`;
  const read = `Read ${count(transferCount, "transfer")} ${begin} in ${seconds.toFixed(1)} s.`;
  if (differences.length > 0) {
    const [first, ...others] = differences.map((difference) => difference.what);
    const more = others.map((what) => `  also: ${what}`);
    return [`DIFFERENCE: ${first}`, ...more, read].join("\n");
  }
  const next = verifiedUntil === undefined ? "" : ` The next run begins at ${formatStamp(verifiedUntil)}.`;
  return `The book agrees. ${read}${next}`;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}

/** One line for each kind except the ledger, which has its own. */
function describeKinds({ ledger: _, ...others }: Findings): string[] {
  return Object.entries(others).flatMap(([kind, [first, ...more]]) =>
    first === undefined
      ? [`${kind.charAt(0).toUpperCase()}${kind.slice(1)} agree${kind === "stock" ? "s" : ""} with the book.`]
      : [`${kind.toUpperCase()}: ${first.what}`, ...more.map(({ what }) => `  also: ${what}`)],
  );
}

/** Ids and amounts as strings, as in the API. */
function toDocument(
  { since, verifiedUntil, transferCount }: BookReading,
  { ledger = [], ...others }: Findings,
  seconds: number,
): object {
  const describe = (found: readonly Difference[]) => found.map(describeFinding);
  return {
    transfer_count: transferCount,
    since: since === 0 ? null : formatStamp(since),
    verified_until: verifiedUntil === undefined ? null : formatStamp(verifiedUntil),
    seconds: Math.round(seconds * 1000) / 1000,
    differences: describe(ledger),
    ...Object.fromEntries(
      Object.entries(others).map(([kind, found]) => [kind, { differences: describe(found) }]),
    ),
  };
}
