// The error of a subcommand that cannot go on: one line with the cause and the remedy. Also the exit codes.

/** The exit codes of every subcommand; docs/cli.md documents them, so they never change their meaning. */
export const EXIT_CODES = {
  done: 0,
  /** The command did its work and found something wrong: a book that does not agree, an installation that is not fit. */
  foundWrong: 1,
  /** It could not do its work: wrong usage, wrong configuration, no database. */
  failed: 2,
  /** It did its work only up to a limit that the configuration sets. */
  stoppedAtLimit: 3,
} as const;

/** The reader of the output has gone (`| head`): the command ends silently. */
export class ReaderGoneError extends Error {}

export class CommandError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CommandError";
  }
}
