// The command line of the bench.
import { Command, InvalidArgumentError } from "commander";

export interface BenchOptions {
  readonly json: boolean;
  readonly only: RegExp | undefined;
  readonly seconds: number;
  readonly rounds: number;
  readonly accounts: number;
  /** An empty database of another PostgreSQL, for the bench alone; undefined: one of its own. */
  readonly dbUrl: string | undefined;
  readonly scale: boolean;
  /** Of the scale measurement. */
  readonly orders: number;
  readonly soakMinutes: number;
  readonly budget: boolean;
  readonly startTries: number;
}

interface Flags {
  readonly json?: true;
  readonly quick?: true;
  readonly only?: RegExp;
  readonly seconds?: number;
  readonly rounds?: number;
  readonly accounts: number;
  readonly dbUrl?: string;
  readonly scale?: true;
  readonly orders: number;
  readonly soak?: number;
  readonly budget?: true;
}

/** @throws CommanderError for unknown or malformed options; prints help and ends the process on --help. */
export function parseOptions(argv: readonly string[]): BenchOptions {
  const flags = describeCommand().parse(argv, { from: "user" }).opts<Flags>();
  const quick = flags.quick === true;
  return {
    json: flags.json === true,
    only: flags.only,
    seconds: flags.seconds ?? (quick ? 2 : 5),
    rounds: flags.rounds ?? (quick ? 1 : 3),
    accounts: flags.accounts,
    dbUrl: flags.dbUrl,
    scale: flags.scale === true,
    orders: flags.orders,
    soakMinutes: flags.soak ?? 0,
    budget: flags.budget === true,
    startTries: quick ? 1 : 3,
  };
}

function describeCommand(): Command {
  return new Command("countinghouse bench")
    .description(
      "Measures speed, size and start on this machine, beside references, on a PostgreSQL of its own.",
    )
    .option("--json", "print the result as JSON")
    .option("--quick", "one round of 2 seconds a row: does it work, not how fast is it")
    .option(
      "--only <pattern>",
      "only rows whose id matches, such as 'uniform|pgbench'; 'start' is the start-up times",
      parsePattern,
    )
    .option("--seconds <n>", "length of a slice", parseCount)
    .option("--rounds <n>", "slices per row", parseCount)
    .option(
      "--db-url <url>",
      "an empty database of another PostgreSQL, such as a stock one, instead of its own",
    )
    .option("--accounts <n>", "accounts of the load", parseCount, 100_000)
    .option(
      "--scale",
      "also: throughput at 1,000,000 accounts and 10,000,000 transfers against the empty system (20 minutes; " +
        "'--only ^scale$' leaves it alone), search among 100,000 products ('--only catalog-scale'), and orders " +
        "with so many in the tables ('--only order-scale')",
    )
    .option("--orders <n>", "how many orders --scale places", parseCount, 1_000_000)
    .option("--budget", "also: the processor time of a transfer by part, from a profile of the server")
    .option("--soak <minutes>", "also: memory under so many minutes of load", parseCount);
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidArgumentError("It must be a whole number above zero.");
  return count;
}

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
