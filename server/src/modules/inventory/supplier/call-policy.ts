// How foreign systems are called: so many calls at once (the others wait, then are refused), three more tries with growing
// and jittered pauses, a breaker that leaves a failing system alone, and a limit of time for each try.
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
  readonly retries?: number;
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

/** The system did not answer, or not with sense. */
export class CallFailedError extends Error {
  /** The system was not called: it is resting, or too much is under way. Otherwise nobody knows whether it acted. */
  readonly wasCalled: boolean;
  constructor(message: string, { wasCalled, cause }: { wasCalled: boolean; cause?: unknown }) {
    super(message, { cause });
    this.name = "CallFailedError";
    this.wasCalled = wasCalled;
  }
}

export function createCallPolicy(options: CallPolicyOptions): CallPolicy {
  const { timeoutMs, retries = 3, pauseMs = 200, callsMax = 8, waitingMax = 200 } = options;
  const { breaksAfter = 5, restMs = 10_000, name } = options;
  const breaker = circuitBreaker(handleAll, {
    halfOpenAfter: restMs,
    breaker: new ConsecutiveBreaker(breaksAfter),
  });
  const policy: IPolicy = wrap(
    bulkhead(callsMax, waitingMax),
    retry(
      handleWhen((error) => !(error instanceof BrokenCircuitError)),
      {
        maxAttempts: retries,
        backoff: new ExponentialBackoff({ initialDelay: pauseMs, maxDelay: pauseMs * 20 }),
      },
    ),
    breaker,
    timeout(timeoutMs, TimeoutStrategy.Aggressive),
  );
  return {
    run: async (call, stopping) => {
      let wasCalled = false;
      try {
        return await policy.execute(({ signal }) => {
          wasCalled = true;
          return call(signal);
        }, stopping);
      } catch (error) {
        throw new CallFailedError(`${name} ${explain(error, timeoutMs)}`, { wasCalled, cause: error });
      }
    },
  };
}

function explain(error: unknown, timeoutMs: number): string {
  if (error instanceof BrokenCircuitError) return "keeps failing and is left alone for a while";
  if (error instanceof BulkheadRejectedError) return "is asked too much at once";
  if (error instanceof TaskCancelledError) return `did not answer within ${timeoutMs} ms`;
  const { message, cause } = error as Error;
  const reason = cause instanceof Error ? `: ${cause.message}` : "";
  return `could not be asked (${message}${reason})`;
}
