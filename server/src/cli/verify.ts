// `countinghouse verify`: re-derives every balance, hold and journal and names what does not agree.
import type { Command } from "commander";
import { loadConfig } from "../config.ts";
import { type Difference, type Verification, verifyBook } from "../modules/ledger/index.ts";
import { formatStamp } from "../values/time.ts";
import { EXIT_CODES } from "./command-error.ts";
import { addExamples } from "./examples.ts";
import { showProgress } from "./progress.ts";
import { describeTrail, toTrailDocument, verifyConfiguredTrail } from "./verify-trail.ts";
import { withMigratedDatabase } from "./with-database.ts";

export function addVerifyCommand(program: Command): void {
  const command = program
    .command("verify")
    .description("re-derive every balance, hold, journal and audit proof, and name the first difference")
    .option("--full", "from the first transfer; without it, from where the last clean run ended")
    .option("--read-only", "do not note how far everything was found in order")
    .action(async (options: { full?: true; readOnly?: true }) => {
      const asJson = program.opts()["json"] === true;
      const startedAt = performance.now();
      const { found, trail } = await verify(options, asJson);
      const seconds = (performance.now() - startedAt) / 1000;
      const clean = found.differences.length === 0 && trail.findings.length === 0;
      const document = { ...toDocument(found, seconds), clean, trail: toTrailDocument(trail) };
      console.log(asJson ? JSON.stringify(document) : `${describe(found, seconds)}\n${describeTrail(trail)}`);
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
    try {
      const found = await verifyBook(db, {
        full: options.full === true,
        readOnly: options.readOnly === true,
        onProgress: progress.update,
      });
      return { found, trail: await verifyConfiguredTrail(db, config) };
    } finally {
      progress.stop();
    }
  });
}

function describe(
  { differences, transferCount, since, verifiedUntil }: Verification,
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

/** Ids and amounts as strings, as in the API. */
function toDocument(found: Verification, seconds: number): object {
  const { differences, since, verifiedUntil } = found;
  return {
    clean: differences.length === 0,
    transfer_count: found.transferCount,
    since: since === 0 ? null : formatStamp(since),
    verified_until: verifiedUntil === undefined ? null : formatStamp(verifiedUntil),
    seconds: Math.round(seconds * 1000) / 1000,
    differences: differences.map(toDifferenceDocument),
  };
}

function toDifferenceDocument(difference: Difference): object {
  const id = (value: number | undefined) => (value === undefined ? undefined : String(value));
  return {
    check: difference.check,
    what: difference.what,
    account_id: id(difference.accountId),
    transfer_id: id(difference.transferId),
    journal_id: id(difference.journalId),
    hold_id: id(difference.holdId),
    expected: difference.expected,
    stored: difference.stored,
  };
}
