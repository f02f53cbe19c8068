// Replays a real shop's month through the public API: node examples/online-retail/replay.ts <csv>
// It may be stopped at any moment and run again. README.md beside it tells what it does.
import { openApi } from "./api.ts";
import { type Comparison, compareShop, type Figures } from "./compare-shop.ts";
import { InputError } from "./input-error.ts";
import { openShop } from "./open-shop.ts";
import { showPennies } from "./pennies.ts";
import { progressOf } from "./progress.ts";
import { readSettings, runProgram } from "./read-settings.ts";
import { readShop, type Shop } from "./read-shop.ts";
import { tradeMonth } from "./trade-month.ts";

/** @throws InputError in words for the user */
async function replay(path: string | undefined): Promise<void> {
  if (path === undefined) throw new InputError("name the file: replay.ts <csv>");
  const settings = readSettings();
  const shop = await readShop(path);
  console.log(describeShop(shop));
  const api = await openApi(settings);
  const open = await openShop(shop, { api, progressOf });
  await tradeMonth(shop, { api, open, progressOf });
  const comparison = await compareShop(shop, { api, open, progressOf });
  console.log(`\n${describeComparison(comparison)}`);
  if (comparison.difference !== undefined)
    throw new InputError(`the shop differs from the file: ${comparison.difference}`);
}

function describeShop(shop: Shop): string {
  const { lines, products, customers, orders, creditNotes, adjustments, roundedPrices } = shop;
  const counts = [
    `${count(products.length)} products`,
    `${count(customers.length)} customers`,
    `${count(orders.length)} orders`,
    `${count(creditNotes.length)} credit notes`,
    `${count(adjustments.length)} adjustments of stock`,
  ];
  if (roundedPrices > 0) counts.push(`${count(roundedPrices)} prices rounded to the penny, half to even`);
  return `${count(lines)} lines: ${counts.join(", ")}`;
}

/** The file's figures over those that the shop answers, a line each. */
function describeComparison({ rows }: Comparison): string {
  const columns = ["", "", "invoices", "lines", "units", "amount, GBP"];
  const table = rows.flatMap(({ name, file, shop }) => [
    [name, "file", ...describeFigures(file)],
    ["", "shop", ...describeFigures(shop)],
  ]);
  const net = (side: "file" | "shop") => describeFigures(sumFigures(rows.map((row) => row[side])));
  return [columns, ...table, ["net", "file", ...net("file")], ["", "shop", ...net("shop")]]
    .map(([name = "", side = "", ...figures]) =>
      [name.padEnd(14), side.padEnd(6), ...figures.map((figure) => figure.padStart(14))].join(""),
    )
    .join("\n");
}

function describeFigures({ documents, lines, units, pennies }: Figures): string[] {
  return [documents === 0 ? "–" : count(documents), count(lines), count(units), showPennies(pennies)];
}

function sumFigures(figures: readonly Figures[]): Figures {
  return figures.reduce(
    (sum, { lines, units, pennies }) => ({
      documents: 0,
      lines: sum.lines + lines,
      units: sum.units + units,
      pennies: sum.pennies + pennies,
    }),
    { documents: 0, lines: 0, units: 0, pennies: 0n },
  );
}

function count(number: number): string {
  return number.toLocaleString("en-GB");
}

await runProgram(() => replay(process.argv[2]));
