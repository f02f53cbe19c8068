// How foreign systems are called: a limited number of calls at once (others wait, then are refused), a few retries with growing
// and jittered pauses, a circuit breaker that leaves a failing system alone, and a time limit for each try. Calls that are made
// once and repeated by a schedule of their own (rates, the audit sink) only need a time limit, and do not use this.
//
// cockatiel 3.2.1 counts an error that its breaker does not handle as a success, which would close a half-open circuit. So here
// every thrown error counts as a failure, and any answer of the system, even "no", must not be thrown inside the call.
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
  /** Which failures are retried. Default: all. */
  readonly isRepeated?: (error: unknown) => boolean;
  /** The pause before the first retry; later pauses are about twice as long each time. */
  readonly pauseMs?: number;
  readonly callsMax?: number;
  readonly waitingMax?: number;
  /** After this many failed tries in a row the system is left alone. */
  readonly breaksAfter?: number;
  readonly restMs?: number;
}

export interface CallPolicy {
  /** @throws CallFailedError for every failure */
  readonly run: <T>(call: (signal: AbortSignal) => Promise<T>, stopping?: AbortSignal) => Promise<T>;
}

/** `resting`: it keeps failing. `crowded`: too many calls are under way. `late`: no answer in time. `failed`: see the cause. */
export type CallFailure = "resting" | "crowded" | "late" | "failed";

/** The system did not answer, or its answer made no sense. */
export class CallFailedError extends Error {
  readonly failure: CallFailure;
  /** False: no try was made. Otherwise it is not known whether the system acted. */
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
