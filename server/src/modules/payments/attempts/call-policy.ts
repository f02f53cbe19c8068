// How a provider is called: each try has a time limit, a try that failed to connect is repeated with the same key, and a
// provider that keeps failing is left alone for a while. A try that ran out of time is not repeated here: it may have been
// done, and is asked about later.
import {
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleAll,
  handleWhen,
  type IPolicy,
  isBrokenCircuitError,
  retry,
  TaskCancelledError,
  TimeoutStrategy,
  timeout,
  wrap,
} from "cockatiel";
import { ProviderBusyError, ProviderUnreachableError } from "../providers/card-provider.ts";

const RETRIES = 2;
const BREAKS_AFTER = 8;
const HALF_OPEN_MS = 5_000;

export interface CallPolicy {
  /** @throws ProviderUnreachableError, ProviderBusyError */
  readonly run: <T>(work: (signal: AbortSignal) => Promise<T>, stopping: AbortSignal) => Promise<T>;
}

export function createCallPolicy({ timeoutMs }: { timeoutMs: number }): CallPolicy {
  const policy: IPolicy = wrap(
    retry(
      handleWhen((error) => error instanceof ProviderUnreachableError),
      {
        maxAttempts: RETRIES,
        backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 500 }),
      },
    ),
    circuitBreaker(handleAll, { halfOpenAfter: HALF_OPEN_MS, breaker: new ConsecutiveBreaker(BREAKS_AFTER) }),
    timeout(timeoutMs, TimeoutStrategy.Aggressive),
  );
  return {
    run: async (work, stopping) => {
      try {
        return await policy.execute(({ signal }) => work(signal), stopping);
      } catch (error) {
        throw translate(error, timeoutMs);
      }
    },
  };
}

function translate(error: unknown, timeoutMs: number): unknown {
  if (error instanceof Error && isBrokenCircuitError(error))
    return new ProviderBusyError("the provider keeps failing and is left alone for a while", {
      cause: error,
    });
  // Cockatiel 3.2's own isTaskCancelledError looks for another error's mark and never finds this one.
  const isCutOff =
    error instanceof TaskCancelledError || (error instanceof Error && error.name === "AbortError");
  if (isCutOff)
    return new ProviderUnreachableError(`the provider did not answer within ${timeoutMs} ms`, {
      cause: error,
    });
  return error;
}
