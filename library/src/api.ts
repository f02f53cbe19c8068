// Countinghouse's own HTTP API, as far as the library calls it: JSON both ways, a time limit, repeated where that is safe.
import { createCallPolicy, parseJson, readBody } from "../../server/src/library.ts";
import { readSettings } from "./settings.ts";

export interface ApiOptions {
  /** Default: COUNTINGHOUSE_URL. */
  readonly url?: string;
  /** Default: the setting that the caller names. */
  readonly token?: string;
  /** For one try; default 30 seconds. */
  readonly timeoutMs?: number;
}

/** The server did not answer, or not with sense, or does not know who calls. */
export class ApiError extends Error {
  /** Undefined where there was no answer. */
  readonly status: number | undefined;
  /** Of docs/errors.md. */
  readonly code: string | undefined;
  constructor(
    message: string,
    { status, code, cause }: { status?: number; code?: string; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }
}

export interface Refused {
  readonly status: number;
  readonly code: string;
  /** What is wrong, for people. */
  readonly detail: string;
}

export type ApiOutcome<Body> = { readonly body: Body } | { readonly refused: Refused };

export interface ApiCall {
  readonly body?: object;
  /** Carried out once, however often it is sent. */
  readonly key?: string;
}

/** Paths are below /api/v1. @throws ApiError */
export type Api = <Body>(method: "GET" | "POST", path: string, call?: ApiCall) => Promise<ApiOutcome<Body>>;

const BYTES_MAX = 4_194_304;
const TIMEOUT_MS = 30_000;
/** Said of the moment, not of the request. */
const PASSING = new Set([408, 425, 429]);
const UNAUTHENTICATED = 401;
const FAILED = 500;

/** @throws Error where there is no token */
export function openApi(
  options: ApiOptions,
  { names }: { names: readonly ("CUSTOMER_TOKEN" | "COUNTINGHOUSE_TOKEN")[] },
): Api {
  const read = readSettings(["COUNTINGHOUSE_URL", ...names]);
  const token = options.token ?? names.map((name) => read[name]).find((value) => value !== undefined);
  if (token === undefined) throw new Error(`${names.join(" or ")} is not set: the server asks who calls`);
  const base = (options.url ?? read.COUNTINGHOUSE_URL).replace(/\/+$/, "");
  const policy = createCallPolicy({ name: base, timeoutMs: options.timeoutMs ?? TIMEOUT_MS });
  return async <Body>(method: "GET" | "POST", path: string, { body, key }: ApiCall = {}) => {
    const headers = {
      accept: "application/json",
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(key === undefined ? {} : { "idempotency-key": key }),
    };
    const request = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const said = await policy
      .run((signal) => send(`${base}/api/v1${path}`, { ...request, signal }))
      .catch((error: Error) => {
        throw new ApiError(error.message, { cause: error });
      });
    return toOutcome<Body>(said);
  };
}

interface Said {
  readonly status: number;
  readonly json: unknown;
}

async function send(url: string, request: RequestInit): Promise<Said> {
  const response = await fetch(url, { ...request, redirect: "error" }); // a token goes to nobody else
  const text = await readBody(response, BYTES_MAX);
  const { status } = response;
  if (status >= FAILED || PASSING.has(status)) throw new Error(`status ${status}`);
  return { status, json: parseJson(text) };
}

function toOutcome<Body>({ status, json }: Said): ApiOutcome<Body> {
  if (typeof json !== "object" || json === null)
    throw new ApiError(`status ${status}, and no JSON: is this a Countinghouse?`, { status });
  if (status < 300) return { body: json as Body };
  const { code = "unknown", detail = `status ${status}` } = json as { code?: string; detail?: string };
  if (status === UNAUTHENTICATED) throw new ApiError(`the token is not taken: ${detail}`, { status, code });
  return { refused: { status, code, detail } };
}
