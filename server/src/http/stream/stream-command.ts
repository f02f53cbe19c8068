// One command of a stream: `{"id": 7, "op": "POST /transactions", "key": "…", "body": {…}}`. `op` is a route as the API page names
// it, `body` is what the route takes over HTTP, `key` its Idempotency-Key, and `id` identifies the answer.
import { AppError, type FieldProblem } from "../../values/app-error.ts";

export interface StreamCommand {
  readonly id: string | number;
  readonly method: string;
  /** Below /api/v1: "/holds/1795424400123456/capture". */
  readonly path: string;
  readonly key: string | undefined;
  readonly body: unknown;
  /** A new token for the stream from now on. */
  readonly token: string | undefined;
}

const MEMBERS: ReadonlySet<string> = new Set(["id", "op", "key", "body", "token"]);
const ID_LENGTH_MAX = 64;
const OP = /^(?:(GET|POST) (\/[!-~]{0,200})|authenticate)$/;

/** The id for the answer to this message; null where the message has no usable one. */
export function readMessageId(message: unknown): string | number | null {
  const { id } = (isRecord(message) ? message : {}) as { id?: unknown };
  if (typeof id === "string") return id.length > 0 && id.length <= ID_LENGTH_MAX ? id : null;
  return Number.isSafeInteger(id) ? (id as number) : null;
}

/** @throws AppError `invalid/invalid_request` naming every wrong member */
export function readStreamCommand(message: unknown): StreamCommand {
  if (!isRecord(message))
    throw refuse([{ field: "message", reason: "must be an object with id, op, key and body" }]);
  const id = readMessageId(message);
  const { op, key, body, token } = message;
  const [, method, path = ""] = (typeof op === "string" && OP.exec(op)) || [];
  const fields: FieldProblem[] = Object.keys(message)
    .filter((name) => !MEMBERS.has(name))
    .map((field) => ({ field, reason: "is not known here" }));
  if (id === null)
    fields.push({
      field: "id",
      reason: `must be a whole number or text of 1 to ${ID_LENGTH_MAX} characters`,
    });
  const isRenewal = op === "authenticate";
  if (method === undefined && !isRenewal)
    fields.push({
      field: "op",
      reason: 'must be a method and a path, such as "POST /transactions", or "authenticate"',
    });
  if (key !== undefined && typeof key !== "string") fields.push({ field: "key", reason: "must be text" });
  if (method === "POST" && key === undefined)
    fields.push({ field: "key", reason: "is required: what may have to be sent again has a key" });
  if (isRenewal ? typeof token !== "string" : token !== undefined)
    fields.push({ field: "token", reason: isRenewal ? "is required" : "goes with authenticate alone" });
  if (fields.length > 0) throw refuse(fields);
  return {
    id: id as string | number,
    method: method ?? "GET",
    path: isRenewal ? "/stream" : path,
    key: key as string | undefined,
    body,
    token: token as string | undefined,
  };
}

function refuse(fields: readonly FieldProblem[]): AppError {
  const message = fields.map(({ field, reason }) => `${field} ${reason}`).join("; ");
  return new AppError("invalid", "invalid_request", { message, fields: [...fields] });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field with the route's own name for it: errors in `body` are reported as over HTTP. */
export function withoutEnvelope(error: AppError): AppError {
  const { fields, ...rest } = error.details;
  if (fields === undefined) return error;
  const inner = fields.map(({ field, reason }) => ({
    field: field.replace(/^body(?:\.|(?=\[))/, ""),
    reason,
  }));
  const message = inner[0] === undefined ? error.message : `${inner[0].field}: ${inner[0].reason}`;
  return new AppError(error.kind, error.code, { ...rest, message, fields: inner });
}
