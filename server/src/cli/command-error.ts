// What a subcommand throws when it cannot go on: one line that names the cause and the way out. And the exit codes.

/** The exit codes of every subcommand; docs/cli.md tells them to users, so they never change their meaning. */
export const EXIT_CODES = {
  done: 0,
  /** The command did its work, and what it looked at is wrong: a book that does not agree, an installation that is not fit. */
  foundWrong: 1,
  /** It could not do its work: wrong usage, wrong configuration, no database. */
  failed: 2,
  /** It did its work up to a limit that the configuration sets. */
  stoppedAtLimit: 3,
} as const;

/** Nobody reads on (`| head`): the command ends without a word. */
export class ReaderGoneError extends Error {}

export class CommandError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CommandError";
  }
}
