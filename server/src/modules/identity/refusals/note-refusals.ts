// Puts refusals on the audit trail that no command records: acts or data that were forbidden, refused acts of administrators,
// bad tokens and links, exceeded limits. Refusals that anybody could cause without end are written a few times a minute and
// only counted beyond that, so that nobody can flood the trail.
import type { FastifyRequest } from "fastify";
import { readFullOrigin } from "../../../http/index.ts";
import type { Actor } from "../../../values/actor.ts";
import type { AppError } from "../../../values/app-error.ts";
import { networkOf } from "../../../values/network.ts";
import { ownOf } from "../../../values/own-of.ts";
import { findByLogin } from "../sessions/log-in.ts";
import type { Identity } from "../settings.ts";
import { ANONYMOUS, recordRefusal, type SecurityEvent, type SecurityRecord } from "../trail.ts";
import { createRefusalBudget } from "./refusal-budget.ts";

/** What a refused request tried to do, by its operationId. Operations not listed put their refusals on the trail themselves. */
const ACTS: Readonly<Record<string, SecurityEvent>> = {
  register: "user_created",
  verifyEmail: "user_updated",
  undoEmailChange: "user_updated",
  resetPassword: "authn_password_change",
  changePassword: "authn_password_change",
  changeMe: "user_updated",
  confirmTotp: "user_updated",
  removeTotp: "user_updated",
  addMyPasskey: "user_updated",
  removeMyPasskey: "user_updated",
  addMyApiKey: "authn_token_created",
  revokeMyApiKey: "authn_token_revoked",
  endMySession: "authn_token_revoked",
  endMyOtherSessions: "authn_token_revoked",
  createUser: "user_created",
  changeUser: "authz_change",
  addUserApiKey: "authn_token_created",
  revokeUserApiKey: "authn_token_revoked",
  endUserSessions: "authn_token_revoked",
  startPasswordReset: "authn_password_change",
};
const RECORDED_THERE = new Set(["wrong_password", "refresh_token_reused"]);
const SIGN_IN = new Set(["logIn", "logInByPasskey"]);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TOKENS_PER_MINUTE = 10;
const LIMITS_PER_MINUTE = 1;

export interface Refusals {
  /** Never throws: if a refusal cannot be written, that is logged, and the request is answered all the same. */
  readonly note: (request: FastifyRequest, error: AppError) => Promise<void>;
  /** Writes the counts of the refusals that were held back. */
  readonly close: () => Promise<void>;
}

export function openRefusals(identity: Identity): Refusals {
  const write = (record: SecurityRecord) =>
    recordRefusal(identity, record).then(
      () => undefined,
      (error: unknown) => identity.log.error({ err: error }, "a refusal could not be put on the audit trail"),
    );
  const budget = createRefusalBudget(write);
  const network = (request: FastifyRequest) => networkOf(request.ip);

  async function note(request: FastifyRequest, error: AppError): Promise<void> {
    const record = describe(request, error);
    const operation = operationOf(request);
    const event = ownOf(ACTS, operation) ?? (isAdministration(request) ? "authz_admin" : undefined);
    if (error.code === "rate_limited") {
      const caller = typeof record.actor === "string" ? network(request) : record.actor.id;
      const key = `${error.details["limit"]}:${caller}`;
      const details = { ...record.details, limit: error.details["limit"] };
      const exceeded = { ...record, event: "excess_rate_limit_exceeded" as const, details };
      return budget.write(exceeded, { key, perMinute: LIMITS_PER_MINUTE });
    }
    if (error.kind === "forbidden") return write({ ...record, event: "authz_fail" });
    if (error.trail?.["hidden"] === true) {
      void write({ ...record, event: "authz_fail" }); // not awaited: the response time must not reveal that it exists
      return;
    }
    if (isTokenRefused(request, error)) {
      const key = `token:${network(request)}`;
      const told = error.trail ?? {};
      const userId = typeof told["user_id"] === "string" ? told["user_id"] : undefined;
      const name = userId === undefined ? ("authn_token_invalid" as const) : ("session_expired" as const);
      const details = { ...record.details, reason: error.message };
      const invalid = { ...record, actor: ANONYMOUS, event: name, userId, details };
      return budget.write(invalid, { key, perMinute: TOKENS_PER_MINUTE });
    }
    if (event === undefined || error.kind === "unavailable" || RECORDED_THERE.has(error.code)) return;
    const about = await findConcerned(identity, request).catch(() => ({}));
    return write({ ...record, event, ...about });
  }

  return { note, close: budget.close };
}

function describe(request: FastifyRequest, error: AppError): Omit<SecurityRecord, "event"> {
  const { routeOptions, method } = request;
  const actor = request.actor as Actor | undefined;
  const { id } = (request.params ?? {}) as { id?: unknown };
  const named = typeof id === "string" || typeof id === "number" ? { id: String(id).slice(0, 64) } : {};
  return {
    actor: actor ?? ANONYMOUS,
    origin: readFullOrigin(request),
    refused: error.code,
    details: { route: `${method} ${routeOptions.url ?? ""}`, ...named },
  };
}

function operationOf({ routeOptions }: FastifyRequest): string {
  return (routeOptions.schema as { operationId?: string } | undefined)?.operationId ?? "";
}

function isAdministration({ routeOptions, method }: FastifyRequest): boolean {
  return method !== "GET" && routeOptions.url?.includes("/admin/") === true;
}

/** A token or key was sent and is not good; a request without any tells nothing about anybody. */
function isTokenRefused(request: FastifyRequest, { kind, code }: AppError): boolean {
  if (kind !== "unauthenticated" || RECORDED_THERE.has(code)) return false;
  const operation = operationOf(request);
  if (operation === "refresh") return true;
  return request.headers.authorization !== undefined && !SIGN_IN.has(operation);
}

/** The user whom the act concerned, or the user whose name or address somebody tried to register. */
async function findConcerned(
  identity: Identity,
  request: FastifyRequest,
): Promise<Pick<SecurityRecord, "userId" | "personal">> {
  const { id } = (request.params ?? {}) as { id?: string };
  if (isAdministration(request) && id !== undefined && UUID.test(id)) return { userId: id };
  const { username, email } = (request.body ?? {}) as { username?: unknown; email?: unknown };
  const operation = operationOf(request);
  if (operation === "register" || operation === "createUser") {
    if (typeof username !== "string" || typeof email !== "string") return {};
    const owner = (await findByLogin(identity, email)) ?? (await findByLogin(identity, username));
    const personal = { username: username.slice(0, 254), email: email.slice(0, 254) };
    // Without an account, a person's values could never be forgotten together with it.
    return owner === undefined ? {} : { userId: owner.id, personal };
  }
  const actor = request.actor as Actor | undefined;
  return actor !== undefined && UUID.test(actor.id) ? { userId: actor.id } : {};
}
