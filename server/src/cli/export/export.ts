// `countinghouse export`: one subcommand for each export of the modules.
import { type Command, InvalidArgumentError, Option } from "commander";
import type { DataExport, ExportOption } from "../../modules/module.ts";
import { listExports } from "../../program/module-list.ts";
import { CommandError } from "../command-error.ts";
import { addExamples } from "../examples.ts";
import { exportLines, type LineOptions } from "./export-lines.ts";
import { addOutputOptions } from "./export-output.ts";
import { addRowOptions, exportRows, type RowOptions } from "./export-rows.ts";

export function addExportCommand(program: Command): void {
  const exporting = program
    .command("export")
    .description("write data to a file: transactions, where nothing else is named");
  for (const wanted of listExports()) addSubcommand(program, exporting, wanted);
}

function addSubcommand(program: Command, exporting: Command, wanted: DataExport): void {
  const { name, description, options, examples } = wanted;
  const isDefault = "isDefault" in wanted && wanted.isDefault === true;
  const command = exporting.command(name, { isDefault }).description(description);
  if ("writeRows" in wanted) addRowOptions(command);
  for (const option of options) command.addOption(describeOption(option));
  addOutputOptions(command).action(async (chosen: RowOptions & LineOptions) => {
    if (isDefault) refuseSubject(command.args[0], exporting);
    if ("writeRows" in wanted) await exportRows(program, chosen, wanted);
    else await exportLines(chosen, wanted);
  });
  if (isDefault) command.allowExcessArguments(); // the default receives every mistyped name
  addExamples(command, examples);
}

function describeOption({ flags, description, choices, byDefault, read, must }: ExportOption): Option {
  const option = new Option(flags, description);
  if (choices !== undefined) option.choices([...choices]);
  if (byDefault !== undefined) option.default(byDefault);
  if (read !== undefined)
    option.argParser((text) => {
      const value = read(text);
      if (value === undefined) throw new InvalidArgumentError(must ?? "cannot be read");
      return value;
    });
  return option;
}

/** @throws CommandError */
function refuseSubject(subject: string | undefined, exporting: Command): void {
  if (subject === undefined) return;
  const known = exporting.commands.map((command) => command.name()).join(", ");
  throw new CommandError(
    `There is no "${subject}" to export; name one of ${known}, or none for transactions.`,
  );
}
