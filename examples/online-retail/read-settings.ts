// Where the server is and what opens it, from the environment; and how a replay that cannot go on says so.
import { InputError } from "./input-error.ts";

/** @throws InputError where there is no token */
export function readSettings(): { url: string; token: string } {
  const { COUNTINGHOUSE_URL: url = "http://localhost:8000", COUNTINGHOUSE_TOKEN: token = "" } = process.env;
  if (token !== "") return { url, token };
  throw new InputError(
    "a token is needed: export COUNTINGHOUSE_TOKEN=$(npx countinghouse token --role admin)",
  );
}

/** Runs a program: what the user can put right ends it with one line and exit code 1. */
export async function runProgram(program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}
