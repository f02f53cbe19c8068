// How foreign systems are called: so many calls at once (the others wait, then are refused), a few more tries with growing
// and jittered pauses, a breaker that leaves a failing system alone, and a limit of time for each try. What is
// tried once and by a plan of its own again (rates, the audit sink) needs none of it but a time limit, and goes without.
//
// cockatiel 3.2.1 takes an error that its breaker does not handle for a success, which would close a half-open circuit:
// here everything that is thrown counts as a failure. What a system answers, even "no", is therefore no error in here.
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleAll,
  handleWhen,
  type IPolicy,
  retry,
  TaskCancelledError,
  TimeoutStrategy,
  timeout,
  wrap,
} from "cockatiel";

export interface CallPolicyOptions {
  /** Names the system in errors. */
  readonly name: string;
  readonly timeoutMs: number;
  /** Default 3. */
  readonly retries?: number;
  /** Which failures are worth another try. Default: all. */
  readonly isRepeated?: (error: unknown) => boolean;
  /** Before the first repetition; then about twice as long each time. */
  readonly pauseMs?: number;
  readonly callsMax?: number;
  readonly waitingMax?: number;
  /** Failed tries in a row after which the system is left alone. */
  readonly breaksAfter?: number;
  readonly restMs?: number;
}

export interface CallPolicy {
  /** @throws CallFailedError whatever went wrong */
  readonly run: <T>(call: (signal: AbortSignal) => Promise<T>, stopping?: AbortSignal) => Promise<T>;
}

/** `resting`: it keeps failing. `crowded`: too much is under way. `late`: no answer in time. `failed`: see the cause. */
export type CallFailure = "resting" | "crowded" | "late" | "failed";

/** The system did not answer, or not with sense. */
export class CallFailedError extends Error {
  readonly failure: CallFailure;
  /** False: no try was made. Otherwise nobody knows whether the system acted. */
  readonly wasCalled: boolean;
  constructor(
    message: string,
    { failure, wasCalled, cause }: { failure: CallFailure; wasCalled: boolean; cause: unknown },
  ) {
    super(message, { cause });
    this.name = "CallFailedError";
    this.failure = failure;
    this.wasCalled = wasCalled;
  }
}

export function createCallPolicy({ name, timeoutMs, ...options }: CallPolicyOptions): CallPolicy {
  const policy = wrapCalls({ timeoutMs, ...options });
  return {
    run: async (call, stopping) => {
      let wasCalled = false;
      try {
        return await policy.execute(({ signal }) => {
          wasCalled = true;
          return call(signal);
        }, stopping);
      } catch (error) {
        const failure = judgeFailure(error);
        const message = `${name} ${explain(failure, { error, timeoutMs })}`;
        throw new CallFailedError(message, { failure, wasCalled, cause: error });
      }
    },
  };
}

function wrapCalls(options: Omit<CallPolicyOptions, "name">): IPolicy {
  const { timeoutMs, retries = 3, pauseMs = 200, callsMax = 8, waitingMax = 200 } = options;
  const { breaksAfter = 5, restMs = 10_000, isRepeated = () => true } = options;
  return wrap(
    bulkhead(callsMax, waitingMax),
    retry(
      handleWhen((error) => !(error instanceof BrokenCircuitError) && isRepeated(error)),
      {
        maxAttempts: retries,
        backoff: new ExponentialBackoff({ initialDelay: pauseMs, maxDelay: pauseMs * 20 }),
      },
    ),
    circuitBreaker(handleAll, { halfOpenAfter: restMs, breaker: new ConsecutiveBreaker(breaksAfter) }),
    timeout(timeoutMs, TimeoutStrategy.Aggressive),
  );
}

function judgeFailure(error: unknown): CallFailure {
  if (error instanceof BrokenCircuitError) return "resting";
  if (error instanceof BulkheadRejectedError) return "crowded";
  // Cockatiel 3.2's own isTaskCancelledError looks for another error's mark and never finds this one.
  return error instanceof TaskCancelledError ? "late" : "failed";
}

function explain(failure: CallFailure, { error, timeoutMs }: { error: unknown; timeoutMs: number }): string {
  if (failure === "resting") return "keeps failing and is left alone for a while";
  if (failure === "crowded") return "is asked too much at once";
  if (failure === "late") return `did not answer within ${timeoutMs} ms`;
  const { message, cause } = error as Error;
  const reason = cause instanceof Error ? `: ${cause.message}` : "";
  return `could not be asked (${message}${reason})`;
}
