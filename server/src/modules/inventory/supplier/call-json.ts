// One HTTP call that sends and receives JSON. The answer's status, size and form are checked.
import { type Static, type TSchema, Type } from "typebox";
import { Value } from "typebox/value";
import { readBody } from "../../../runtime/read-body.ts";
import { parseJson } from "../../../values/parse-json.ts";

export interface JsonCall<Answer extends TSchema> {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly answer: Answer;
}

/** The other side's answer, or its refusal. */
export type JsonOutcome<Answer> =
  | { readonly answer: Answer }
  | { readonly refused: { readonly status: number; readonly message: string } };

const BYTES_MAX = 1_048_576;
/** The refusal is about the moment, not about the request. */
const PASSING = new Set([408, 425, 429]);
const Problem = Type.Object({ detail: Type.Optional(Type.String()), message: Type.Optional(Type.String()) });

/** @throws Error where no answer came, or no believable one */
export async function callJson<Answer extends TSchema>(
  call: JsonCall<Answer>,
  signal: AbortSignal,
): Promise<JsonOutcome<Static<Answer>>> {
  const response = await fetch(call.url, {
    method: call.method,
    signal,
    redirect: "error", // a redirect would send the token to somebody else
    headers: {
      accept: "application/json",
      ...(call.body === undefined ? {} : { "content-type": "application/json" }),
      ...call.headers,
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });
  const text = await readBody(response, BYTES_MAX);
  const { status } = response;
  if (status >= 500 || PASSING.has(status)) throw new Error(`status ${status}`);
  if (status >= 400) return { refused: { status, message: readMessage(text) } };
  const answer = parseJson(text);
  if (Value.Check(call.answer, answer)) return { answer };
  const [first] = Value.Errors(call.answer, answer);
  throw new Error(`its answer${first?.instancePath ?? ""} ${first?.message ?? "is no JSON"}`);
}

function readMessage(text: string): string {
  const problem = parseJson(text);
  const said = Value.Check(Problem, problem) ? (problem.detail ?? problem.message) : undefined;
  return (said ?? "no reason given").slice(0, 300).replace(/\p{Cc}/gu, " ");
}
