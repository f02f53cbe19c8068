// Replays a share's prices through the public API: node examples/market-history/replay.ts <csv>
// It may be stopped at any moment and run again. README.md beside it tells what it does.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { openApi } from "../online-retail/api.ts";
import { InputError } from "../online-retail/input-error.ts";
import { progressOf } from "../online-retail/progress.ts";
import { readSettings, runProgram } from "../online-retail/read-settings.ts";
import { type Figures, KINDS, type Outcome, playThrough } from "./plan.ts";
import { readOutcome } from "./read-outcome.ts";
import { readPrices } from "./read-prices.ts";
import { cents, openMarket, tradeDays } from "./trade-days.ts";

/** @throws InputError in words for the user */
async function replay(path: string | undefined): Promise<void> {
  if (path === undefined) throw new InputError("name the file: replay.ts <csv>");
  const settings = readSettings();
  const days = await readPrices(path);
  console.log(`${days.length.toLocaleString("en-GB")} days, ${days[0]?.date} to ${days.at(-1)?.date}`);
  const api = await openApi(settings);
  const market = await openMarket(api, await nameShare(path));
  await tradeDays(days, { api, market, onProgress: progressOf("days") });
  const [expected, outcome] = [playThrough(days), await readOutcome(api, market)];
  console.log(`\n${describeOutcome(outcome)}`);
  if (JSON.stringify(outcome) !== JSON.stringify(expected))
    throw new InputError(`the server differs from the plan, which comes to\n${describeOutcome(expected)}`);
}

/** The same file is the same share, however often it is replayed. */
async function nameShare(path: string): Promise<string> {
  const hash = createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
  return `SHARE-${hash.slice(0, 8).toUpperCase()}`;
}

function describeOutcome({ kinds, expired, cancelled, open, cash, shares }: Outcome): string {
  const rows = KINDS.map((kind) => [kind, ...describeFigures(kinds[kind])]);
  const fees = KINDS.reduce((sum, kind) => sum + kinds[kind].fees, 0);
  const table = [["kind", "fills", "shares", "money", "fees"], ...rows]
    .map(([name = "", ...figures]) =>
      [name.padEnd(20), ...figures.map((figure) => figure.padStart(16))].join(""),
    )
    .join("\n");
  return [
    table,
    `${count(expired)} day orders expired, ${count(cancelled)} orders cancelled by their pair, ${count(open)} open at the end`,
    `cash ${money(cash)} USD, ${count(shares)} shares, fees ${money(fees)} USD`,
  ].join("\n");
}

function describeFigures({ fills, shares, cents: amount, fees }: Figures): string[] {
  return [count(fills), count(shares), money(amount), money(fees)];
}

function count(number: number): string {
  return number.toLocaleString("en-GB");
}

function money(amount: number): string {
  const [whole = "", decimals = ""] = cents(amount).split(".");
  return `${count(Number(whole))}.${decimals}`;
}

await runProgram(() => replay(process.argv[2]));
