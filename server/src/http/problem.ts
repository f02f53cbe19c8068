// The only place that knows the HTTP status numbers of refusals: turns any error into an RFC 9457 problem document. A bug
// is answered 500 with only the request id; the details are in the log.
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { asUnavailable } from "../runtime/transaction.ts";
import { AppError, type FieldProblem, type RefusalKind } from "../values/app-error.ts";
import { ownOf } from "../values/own-of.ts";
import { describeFault, type Fault } from "./describe-fault.ts";

const STATUS: Readonly<Record<RefusalKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  refused: 422,
  too_many: 429,
  unavailable: 503,
};

/** Framework errors that are the client's fault, with our codes; each keeps its HTTP status. */
const FRAMEWORK: Readonly<Record<string, { code: string; status: number; message: string }>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: { code: "invalid_json", status: 400, message: "the body is not valid JSON" },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: "invalid_request",
    status: 400,
    message: "Content-Length does not match the body",
  },
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: "body_too_large",
    status: 413,
    message: "the body is larger than this server accepts",
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: "unsupported_media_type",
    status: 415,
    message: "send Content-Type: application/json",
  },
  FST_ERR_BAD_URL: { code: "invalid_request", status: 400, message: "the URL is malformed" },
  FST_ERR_MAX_PARAM_LENGTH: {
    code: "invalid_request",
    status: 414,
    message: "a part of the path is longer than any id",
  },
  HPE_HEADER_OVERFLOW: {
    code: "headers_too_large",
    status: 431,
    message: "the headers are larger than this server accepts",
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    code: "request_timeout",
    status: 408,
    message: "the request did not arrive whole within REQUEST_TIMEOUT_MS",
  },
};

export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number | undefined;
}

export function toProblem(thrown: unknown): Problem {
  const error = asUnavailable(thrown); // reads outside a transaction notice a lost database here
  if (error instanceof AppError) return describeRefusal(error);
  const { validation, code, statusCode, message } = error as FastifyError;
  if (validation !== undefined) return describeValidation(error as FastifyError);
  if (code === BEYOND_COLUMN) return describeRefusal(invalidNumber());
  const known =
    ownOf(FRAMEWORK, code) ??
    (error instanceof SyntaxError ? FRAMEWORK["FST_ERR_CTP_INVALID_JSON_BODY"] : undefined);
  if (known !== undefined)
    return { status: known.status, code: known.code, detail: known.message, extra: {} };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return { status: statusCode, code: "invalid_request", detail: message, extra: {} };
  return {
    status: 500,
    code: "internal_error",
    detail: "an internal error; the log has it under this request id",
    extra: {},
  };
}

/** A known path with a method that it does not allow. */
export function describeWrongMethod(method: string, allowed: readonly string[]): Problem {
  return {
    status: 405,
    code: "method_not_allowed",
    detail: `there is no ${method} here, only ${allowed.join(", ")}`,
    extra: {},
  };
}

/** A stream requested without a WebSocket handshake. */
export function describeMissingUpgrade(): Problem {
  return {
    status: 426,
    code: "upgrade_required",
    detail: "this is the stream: ask for it with the handshake of a WebSocket",
    extra: {},
  };
}

/** The statuses that a refusal of this kind is answered with; for the generated documentation. */
export function statusOf(kind: RefusalKind): number {
  return STATUS[kind];
}

function describeRefusal(error: AppError): Problem {
  const { message, fields, retryAfterSeconds, ...rest } = error.details;
  const extra = fields === undefined ? rest : { ...rest, errors: fields.map(withPointer) };
  return {
    status: STATUS[error.kind],
    code: error.code,
    detail: message ?? error.code,
    extra,
    retryAfterSeconds: retryAfterSeconds ?? (error.kind === "unavailable" ? 1 : undefined),
  };
}

/** SQLSTATE for a number that no row can have: an id of 2147483648 where ids have 32 bits. */
const BEYOND_COLUMN = "22003";

function invalidNumber(): AppError {
  return new AppError("invalid", "invalid_request", {
    message: "a number of the request is larger, or smaller, than any that is kept there",
  });
}

const ERRORS_MAX = 20;
const FIELD_LENGTH_MAX = 200;

function describeValidation({ validation = [], validationContext = "body" }: FastifyError): Problem {
  // The error "no alternative fits" says less than the errors of the alternatives.
  const telling = validation.filter(({ keyword }) => keyword !== "anyOf");
  const byField = Map.groupBy(telling.length === 0 ? validation : telling, (problem) =>
    nameField(problem, validationContext),
  );
  const errors: FieldProblem[] = [...byField]
    .slice(0, ERRORS_MAX)
    .map(([field, problems]) => withPointer({ field, reason: describeReasons(problems) }));
  const detail = errors.map(({ field, reason }) => `${field} ${reason}`).join("; ");
  return { status: 400, code: "invalid_request", detail, extra: { errors } };
}

/** The field in the form of RFC 9457 as well: "transactions[0].amount" is "#/transactions/0/amount". */
function withPointer({ field, reason }: FieldProblem): FieldProblem & { pointer: string } {
  const steps = field.replaceAll(/\[(\d+)\]/g, ".$1").split(".");
  const escaped = steps
    .filter((step) => step !== "")
    .map((step) => step.replaceAll("~", "~0").replaceAll("/", "~1"));
  return { field, pointer: `#/${escaped.join("/")}`, reason };
}

type ValidationProblem = NonNullable<FastifyError["validation"]>[number] & Pick<Fault, "parentSchema">;

/** "/transactions/0/amount" is "transactions[0].amount"; a name may hold any text and is cut where it is too long. */
function nameField({ instancePath, params }: ValidationProblem, context: string): string {
  const steps = instancePath
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const name = params["missingProperty"] ?? params["additionalProperty"];
  if (typeof name === "string") steps.push(name);
  const field = steps.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`)).join("");
  const readable = field.replace(/^\./, "").slice(0, FIELD_LENGTH_MAX);
  return readable.trim() === "" ? context : readable;
}

/** Joins all the demands on one field: "must be text or a number", "must be one of deposit, withdrawal, transfer". */
function describeReasons(problems: readonly ValidationProblem[]): string {
  const allowed = problems.flatMap(
    ({ params }) => params["allowedValues"] ?? ("allowedValue" in params ? [params["allowedValue"]] : []),
  );
  const reasons = problems.flatMap((fault) => {
    const { params } = fault;
    if (params["missingProperty"] !== undefined) return ["is required"];
    return "allowedValues" in params || "allowedValue" in params ? [] : [describeFault(fault)];
  });
  if (allowed.length > 0) reasons.unshift(`must be one of ${allowed.join(", ")}`);
  const [first = "is malformed", ...others] = new Set(reasons);
  return [first, ...others.map((reason) => reason.replace(/^must be /, ""))].join(" or ");
}

/** The problem of a request that Node's parser gave up on, made from the parser's error: there is no request to reply to. */
export function toUnparsedProblem(error: { readonly code?: string | undefined }): Problem {
  const known = ownOf(FRAMEWORK, error.code ?? "");
  return {
    status: known?.status ?? 400,
    code: known?.code ?? "invalid_request",
    detail: known?.message ?? "the request is not HTTP/1.1",
    extra: {},
  };
}

export const PROBLEM_CONTENT_TYPE = "application/problem+json; charset=utf-8";

/** Sends a problem document. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  request.problemCode = problem.code;
  if (problem.retryAfterSeconds !== undefined) reply.header("retry-after", problem.retryAfterSeconds);
  if (problem.status === 401) reply.header("www-authenticate", 'Bearer realm="countinghouse"');
  return reply
    .code(problem.status)
    .header("x-request-id", request.id)
    .header("content-type", PROBLEM_CONTENT_TYPE)
    .send(renderProblem(problem, request.id));
}

/** The document as JSON text. An error's details never replace the members that RFC 9457 defines. */
export function renderProblem(problem: Problem, requestId: string): string {
  const members = {
    type: `urn:countinghouse:problem:${problem.code}`,
    title: problem.code.replaceAll("_", " "),
    status: problem.status,
    code: problem.code,
    detail: problem.detail,
    request_id: requestId,
  };
  return JSON.stringify({ ...members, ...problem.extra, ...members });
}
