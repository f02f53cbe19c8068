// Limits how many hashes are computed at once. A flood of logins then queues here, while the threads that also serve the rest
// of the program, and the cores that payments need, stay free. A login that finds the queue full is told to try again later.
import { createTurns, type TurnLimits, type Turns } from "../../../runtime/turns.ts";
import { identityError } from "../errors.ts";

/** Its `run` throws AppError `unavailable/login_busy` where too many wait already. */
export type HashQueue = Pick<Turns, "run">;

export function createHashQueue(limits: Omit<TurnLimits, "refuse">): HashQueue {
  return createTurns({ ...limits, refuse: () => identityError("login_busy", { retryAfterSeconds: 2 }) });
}
