// Where exchange rates come from, besides the administrator: a port, and one source behind it that fetches JSON over HTTP. A
// source's answer is accepted as a whole or not at all.
import { Type } from "typebox";
import { Value } from "typebox/value";
import { readBody } from "../../../runtime/read-body.ts";
import { hasLostDigits } from "../../../values/money.ts";
import { parseJson } from "../../../values/parse-json.ts";
import { readRate } from "./exchange-rate.ts";

export interface FetchedRate {
  readonly base: string;
  readonly quote: string;
  /** Decimal text. */
  readonly rate: string;
}

export interface RateSource {
  /** Recorded with each rate. */
  readonly name: string;
  /** @throws Error saying what is wrong with the answer, or that none arrived in time */
  readonly fetchRates: (signal?: AbortSignal) => Promise<FetchedRate[]>;
}

const TIMEOUT_MS = 10_000;
const BYTES_MAX = 1_048_576;

const Code = "^[A-Z0-9][A-Z0-9_.:-]{0,63}$";
const Answer = Type.Object({
  base: Type.String({ pattern: Code }),
  rates: Type.Record(Type.String({ pattern: Code }), Type.Union([Type.String(), Type.Number()]), {
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1_000,
  }),
});

/** Fetches `{"base": "EUR", "rates": {"USD": "1.0834", ...}}`, the form that most public services use. */
export function createHttpRateSource(
  url: string,
  { timeoutMs = TIMEOUT_MS, bytesMax = BYTES_MAX }: { timeoutMs?: number; bytesMax?: number } = {},
): RateSource {
  return {
    name: new URL(url).host,
    fetchRates: async (stopping) => {
      const inTime = AbortSignal.timeout(timeoutMs);
      const signal = stopping === undefined ? inTime : AbortSignal.any([inTime, stopping]);
      const response = await fetch(url, { signal, headers: { accept: "application/json" } });
      if (!response.ok) throw new Error(`the rate source answered with status ${response.status}`);
      return readAnswer(await readBody(response, bytesMax));
    },
  };
}

function readAnswer(text: string): FetchedRate[] {
  const answer = parseJson(text);
  if (answer === undefined) throw new Error("the rate source's answer is not JSON");
  if (!Value.Check(Answer, answer)) {
    const [first] = Value.Errors(Answer, answer);
    throw new Error(
      `the rate source's answer${first?.instancePath ?? ""} ${first?.message ?? "is malformed"}`,
    );
  }
  const { base } = answer;
  return Object.entries(answer.rates).map(([quote, given]) => {
    const rate = String(given);
    const isLost = typeof given === "number" && hasLostDigits(given);
    if (readRate(rate) === undefined || isLost || quote === base)
      throw new Error(`the rate source's rate of ${base} in ${quote} is unusable: ${rate.slice(0, 40)}`);
    return { base, quote, rate };
  });
}
