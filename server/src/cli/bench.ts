// `countinghouse bench`: runs the repository's bench, which starts its own server, PostgreSQL and load.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import { CommandError } from "./command-error.ts";

const BENCH = join(import.meta.dirname, "..", "..", "..", "bench", "run.ts");

/** All options, including --help, are passed to the bench. */
export function addBenchCommand(program: Command): void {
  program
    .command("bench")
    .description("measure speed, size and start on this machine, beside references")
    .argument("[options...]", "options of the bench; --help lists them")
    .helpOption(false)
    .allowUnknownOption()
    .action(async (options: string[]) => {
      if (!existsSync(BENCH)) {
        throw new CommandError(
          "The bench is part of the repository and not of the installed program; clone it and run: npm run bench",
        );
      }
      const bench: { main: (argv: readonly string[]) => Promise<number> } = await import(
        pathToFileURL(BENCH).href
      );
      const asJson = program.opts()["json"] === true ? ["--json"] : [];
      process.exitCode = await bench.main([...options, ...asJson]);
    });
}
