// How a provider is called: each try has a time limit, a try that failed to connect is repeated with the same key, and a
// provider that keeps failing gets a break. A try that ran out of time is not repeated here: it may have been
// carried out, so the job asks about it later.
import { CallFailedError, type CallPolicy, createCallPolicy } from "../../../runtime/call-policy.ts";
import { ProviderBusyError, ProviderUnreachableError } from "../providers/card-provider.ts";

/** A policy whose `run` throws ProviderUnreachableError or ProviderBusyError, and passes any other error on unchanged. */
export function createProviderPolicy({ timeoutMs }: { timeoutMs: number }): CallPolicy {
  const policy = createCallPolicy({
    name: "the provider",
    timeoutMs,
    retries: 2,
    pauseMs: 50,
    isRepeated: (error) => error instanceof ProviderUnreachableError,
    callsMax: Number.POSITIVE_INFINITY, // the sending pool limits the calls
    breaksAfter: 8,
    restMs: 5_000,
  });
  return {
    run: (call, stopping) =>
      policy.run(call, stopping).catch((error: unknown) => {
        throw error instanceof CallFailedError ? translate(error, timeoutMs) : error;
      }),
  };
}

function translate(error: CallFailedError, timeoutMs: number): unknown {
  const { failure, message, cause } = error;
  if (failure === "resting") return new ProviderBusyError(message, { cause });
  const isCutOff = failure === "late" || (cause instanceof Error && cause.name === "AbortError");
  if (!isCutOff) return cause;
  return new ProviderUnreachableError(`the provider did not answer within ${timeoutMs} ms`, { cause });
}
