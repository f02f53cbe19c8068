// Submits commands whose accounts had to be read beforehand, such as the holds of an order. If those rows have changed before
// the batch locked them, the command is built again from the current rows.
import { AppError } from "../../values/app-error.ts";
import type { BookCommand, CommandOutcome } from "./book-command.ts";
import type { CommandDesk } from "./command-desk.ts";

const TRIES_MAX = 5;

/** `decide` returns this where a row read beforehand has changed: nothing was decided, and nothing is remembered. */
export function rereadFirst(): AppError {
  return new AppError("unavailable", "try_again", {
    message: "it is being changed by many at once; try again",
    retryAfterSeconds: 1,
  });
}

/**
 * Builds and submits, up to five times while `decide` answers `rereadFirst()`.
 * @throws AppError what `build` throws; `unavailable/try_again` comes back as the refusal of the last try.
 */
export async function submitRereading(
  desk: CommandDesk,
  build: () => Promise<BookCommand>,
): Promise<CommandOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await desk.submit(await build());
    const isChanged = "refused" in outcome && outcome.refused.code === "try_again";
    if (!isChanged || attempt >= TRIES_MAX) return outcome;
  }
}
