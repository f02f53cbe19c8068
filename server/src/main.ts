// The command line: one file per subcommand in cli/.
import { runCli } from "./cli/run-cli.ts";

await runCli(process.argv);
