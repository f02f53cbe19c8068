// Bounds the number of hashes computed at once, so that a flood of logins queues here and the threads that also serve
// the rest of the program, and the cores that payments need, stay free. What does not fit is told to come again.
import { createTurns, type TurnLimits, type Turns } from "../../../runtime/turns.ts";
import { identityError } from "../errors.ts";

/** Its `run` throws AppError `unavailable/login_busy` where too many wait already. */
export type HashQueue = Pick<Turns, "run">;

export function createHashQueue(limits: Omit<TurnLimits, "refuse">): HashQueue {
  return createTurns({ ...limits, refuse: () => identityError("login_busy", { retryAfterSeconds: 2 }) });
}
