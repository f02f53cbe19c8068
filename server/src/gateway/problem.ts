// The only place that knows HTTP status numbers of refusals: turns any error into an RFC 9457 problem document. A bug
// is answered 500 with the request id alone; what went wrong stands in the log.
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { asUnavailable } from "../runtime/transaction.ts";
import { AppError, type FieldProblem, type RefusalKind } from "../values/app-error.ts";

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

/** Framework errors that are the client's, as our own codes; each keeps the status that HTTP has for it. */
const FRAMEWORK: Readonly<Record<string, { code: string; status: number; message: string }>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: { code: "invalid_json", status: 400, message: "the body is not valid JSON" },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: "invalid_json", status: 400, message: "the body is empty; send JSON" },
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
};

export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number | undefined;
}

export function toProblem(thrown: unknown): Problem {
  const error = asUnavailable(thrown); // reads outside a transaction meet a lost database here
  if (error instanceof AppError) return describeRefusal(error);
  const { validation, code, statusCode, message } = error as FastifyError;
  if (validation !== undefined) return describeValidation(error as FastifyError);
  const known =
    FRAMEWORK[code] ??
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

/** The statuses that a refusal of this kind is answered with; for the generated documentation. */
export function statusOf(kind: RefusalKind): number {
  return STATUS[kind];
}

function describeRefusal(error: AppError): Problem {
  const { message, fields, retryAfterSeconds, ...rest } = error.details;
  const extra = fields === undefined ? rest : { ...rest, errors: fields };
  return {
    status: STATUS[error.kind],
    code: error.code,
    detail: message ?? error.code,
    extra,
    retryAfterSeconds,
  };
}

function describeValidation(error: FastifyError): Problem {
  const errors: FieldProblem[] = (error.validation ?? []).slice(0, 20).map((problem) => {
    const params = problem.params as {
      missingProperty?: string;
      additionalProperty?: string;
      allowedValues?: unknown[];
    };
    const name = params.missingProperty ?? params.additionalProperty;
    const path = problem.instancePath.slice(1).replaceAll("/", ".");
    const field =
      [path, name].filter((part) => part !== undefined && part !== "").join(".") ||
      (error.validationContext ?? "body");
    if (params.missingProperty !== undefined) return { field, reason: "is required" };
    if (params.additionalProperty !== undefined) return { field, reason: "is not known here" };
    if (params.allowedValues !== undefined)
      return { field, reason: `must be one of ${params.allowedValues.join(", ")}` };
    return { field, reason: problem.message ?? "is malformed" };
  });
  const detail = errors.map(({ field, reason }) => `${field} ${reason}`).join("; ");
  return { status: 400, code: "invalid_request", detail, extra: { errors } };
}

/** Sends a problem document. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.retryAfterSeconds !== undefined) reply.header("retry-after", problem.retryAfterSeconds);
  if (problem.status === 401) reply.header("www-authenticate", 'Bearer realm="countinghouse"');
  return reply
    .code(problem.status)
    .header("content-type", "application/problem+json; charset=utf-8")
    .send(
      JSON.stringify({
        type: `urn:countinghouse:problem:${problem.code}`,
        title: problem.code.replaceAll("_", " "),
        status: problem.status,
        code: problem.code,
        detail: problem.detail,
        request_id: request.id,
        ...problem.extra,
      }),
    );
}
