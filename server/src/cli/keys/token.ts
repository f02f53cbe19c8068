// `countinghouse token`: mints an access token. Standard output has only the token, so that $(...) works.
import { type Command, InvalidArgumentError } from "commander";
import { loadConfig } from "../../config/load-config.ts";
import { mintToken } from "../../http/authenticate.ts";
import { readTokenSettings } from "../../program/token-settings.ts";
import { ROLES, type Role } from "../../values/actor.ts";
import { CommandError } from "../command-error.ts";
import { addExamples } from "../examples.ts";

interface TokenOptions {
  readonly role: Role[];
  readonly sub?: string;
  readonly name?: string;
  readonly expiresIn: number;
}

export function addTokenCommand(program: Command): void {
  const command = program
    .command("token")
    .description("mint an access token; standard output carries the token alone")
    .option("--role <role>", `one of ${ROLES.join(", ")}; may be given several times`, collectRole, [])
    .option("--sub <id>", "subject: the user's id (default: the role's name)")
    .option("--name <name>", "preferred_username (default: the subject)")
    .option("--expires-in <seconds>", "lifetime in seconds", readSeconds, 86_400)
    .action(async (options: TokenOptions) => {
      const roles = options.role.length === 0 ? (["customer"] as const) : options.role;
      const sub = options.sub ?? roles[0] ?? "customer";
      const config = loadConfig();
      if (config.APP_ENV === "production")
        throw new CommandError(
          "Production accepts no minted tokens; make an administrator with: countinghouse admin create",
        );
      const token = await mintToken(
        readTokenSettings(config),
        { id: sub, name: options.name ?? sub, roles },
        options.expiresIn,
      );
      console.log(program.opts()["json"] === true ? JSON.stringify({ token }) : token);
    });
  addExamples(command, [
    ["TOKEN=$(npx countinghouse token --role admin)", 'for curl -H "Authorization: Bearer $TOKEN"'],
    ["countinghouse token --sub ada", "a customer's token"],
    ["countinghouse token --role service --sub till-4 --expires-in 3600", "a program's, for an hour"],
  ]);
}

function collectRole(value: string, previous: Role[]): Role[] {
  const role = ROLES.find((known) => known === value);
  if (role === undefined) throw new InvalidArgumentError(`must be one of ${ROLES.join(", ")}`);
  return [...previous, role];
}

function readSeconds(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError("must be a whole number of seconds");
  return Number(value);
}
