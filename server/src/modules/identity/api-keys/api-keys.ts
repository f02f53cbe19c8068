// Makes, checks and revokes API keys. A checked key is trusted for a minute without asking the database again; a revoked
// key is void at once, as sessions are.

import { findRefusal, PERMISSIONS, SCOPES } from "../../../http/permissions.ts";
import { inTransaction, type Tx } from "../../../runtime/transaction.ts";
import { type Actor, isProgram } from "../../../values/actor.ts";
import { AppError, invalidField } from "../../../values/app-error.ts";
import { identityError } from "../errors.ts";
import { requireRecentProof } from "../factors/step-up.ts";
import { insertMail } from "../mails/mail-store.ts";
import type { VerifiedAccess } from "../sessions/access-token.ts";
import { lockLiveUser } from "../sessions/lock-live-user.ts";
import { insertRevocations, type Revocation } from "../sessions/revocation-store.ts";
import { FOR_GOOD } from "../sessions/revocations.ts";
import { DAY_MS, dateOf, type Identity } from "../settings.ts";
import { type Context, recordSecurity } from "../trail.ts";
import { requireMayActOn } from "../users/require-may-act-on.ts";
import { selectUser } from "../users/user-store.ts";
import { type ApiKey, hashApiKey, isApiKey, isRightfullyHeld, makeApiKey } from "./api-key.ts";
import {
  hasApiKey,
  insertApiKey,
  revokeKeysSince,
  selectApiKeys,
  takeApiKey,
  updateRevoked,
} from "./api-key-store.ts";

const BELIEVED_MS = 60_000;

export interface ApiKeyRequest {
  readonly userId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresInDays: number;
}

/**
 * Makes a key and returns it: the only time it can be seen. A key is never asked for a step-up, so making one needs a proof.
 * The user is told by mail. Only people themselves make their keys: with a key made by somebody else, staff could act as them
 * without a reason, a time limit, or their knowledge.
 * @throws AppError `forbidden/step_up_required`, `not_found/no_such_user`, `forbidden/not_a_program`, `invalid/invalid_request` for a scope that the user's roles do not reach
 */
export async function addApiKey(
  identity: Identity,
  request: ApiKeyRequest,
  { actor, origin }: Context,
): Promise<{ readonly apiKey: ApiKey; readonly key: string }> {
  requireRecentProof(identity, actor);
  return inTransaction(identity.db, async (tx) => {
    const isOwn = request.userId === actor.id;
    const user = isOwn ? await lockLiveUser(tx, actor) : await selectUser(tx.sql, request.userId);
    if (user?.state !== "active") throw identityError("no_such_user");
    if (!isOwn && !isProgram(user.roles)) throw identityError("not_a_program");
    checkScopes(request.scopes, user.roles);
    const { id, key } = makeApiKey();
    const apiKey = {
      ...request,
      id,
      createdAt: dateOf(identity),
      expiresAt: dateOf(identity, request.expiresInDays * DAY_MS),
    };
    await insertApiKey(tx, { ...apiKey, secretHash: hashApiKey(key), createdBy: actor.id });
    await insertMail(tx, { template: "api_key_made", userId: user.id, login: null, at: apiKey.createdAt });
    const details = { api_key: id, scopes: request.scopes, expires_at: apiKey.expiresAt.toISOString() };
    await recordSecurity(tx, [{ event: "authn_token_created", actor, userId: user.id, origin, details }]);
    return { apiKey: { ...apiKey, lastUsedAt: null, revokedAt: null }, key };
  });
}

/** Scopes that the user's roles do not reach would have no effect, so they are refused as a mistake. */
function checkScopes(scopes: readonly string[], roles: Actor["roles"]): void {
  for (const scope of scopes) {
    const actor: Actor = { id: "", name: "", roles, scopes: [scope] };
    const opens = Object.values(PERMISSIONS).some(
      (permission) => permission.scope === scope && findRefusal(actor, permission) === undefined,
    );
    if (!opens)
      throw invalidField(
        "scopes",
        `${scope} opens nothing to this user; the scopes are ${SCOPES.join(", ")}`,
      );
  }
}

export function listApiKeys({ db }: Identity, userId: string): Promise<ApiKey[]> {
  return selectApiKeys(db, userId);
}

/** The keys of another user. @throws AppError `not_found/no_such_user` */
export async function listUserApiKeys({ db }: Identity, userId: string): Promise<ApiKey[]> {
  if ((await selectUser(db, userId)) === undefined) throw identityError("no_such_user");
  return selectApiKeys(db, userId);
}

/**
 * Voids a key on every process with the commit. A key that is void already stays so, without another entry on the trail.
 * @throws AppError `not_found/no_such_api_key`
 */
export async function revokeApiKey(
  identity: Identity,
  which: { readonly userId: string; readonly id: string },
  { actor, origin }: Context,
): Promise<void> {
  const { userId, id } = which;
  const revocations = await inTransaction(identity.db, async (tx) => {
    const isNew = await updateRevoked(tx, { ...which, at: dateOf(identity) });
    if (!isNew && !(await hasApiKey(tx.sql, which))) throw identityError("no_such_api_key");
    if (!isNew) return [];
    const expiresAt = dateOf(identity, 2 * BELIEVED_MS);
    const revoked = [{ subject: `k:${id}`, versionMin: FOR_GOOD, expiresAt }];
    await insertRevocations(tx, revoked);
    const details = { api_key: id };
    await recordSecurity(tx, [{ event: "authn_token_revoked", actor, userId, origin, details }]);
    return revoked;
  });
  identity.revocations.add(revocations);
}

/** Revokes the keys that a user made for themselves since then; returns revocations for this process's memory after commit. */
export async function revokeOwnKeys(
  tx: Tx,
  identity: Identity,
  { userId, since }: { readonly userId: string; readonly since: Date },
): Promise<Revocation[]> {
  const ids = await revokeKeysSince(tx, { userId, since, at: dateOf(identity) });
  const expiresAt = dateOf(identity, 2 * BELIEVED_MS);
  const revocations = ids.map((id) => ({ subject: `k:${id}`, versionMin: FOR_GOOD, expiresAt }));
  await insertRevocations(tx, revocations);
  return revocations;
}

/** Revokes another user's key. @throws AppError `not_found/no_such_user`, `not_found/no_such_api_key`, `forbidden/administrators_only` */
export async function revokeUserApiKey(
  identity: Identity,
  which: { readonly userId: string; readonly id: string },
  context: Context,
): Promise<void> {
  await requireMayActOn(identity, which.userId, context.actor);
  await revokeApiKey(identity, which, context);
}

/** Undefined where the token is not an API key. @throws AppError `unauthenticated/unauthenticated` */
export async function verifyApiKey(identity: Identity, token: string): Promise<VerifiedAccess | undefined> {
  if (!token.startsWith("ch_live_")) return undefined;
  const grant = isApiKey(token)
    ? await takeApiKey(identity.db, hashApiKey(token), dateOf(identity))
    : undefined;
  const isOver =
    grant === undefined ||
    grant.revokedAt !== null ||
    grant.state !== "active" ||
    !isRightfullyHeld(grant) ||
    grant.expiresAt.getTime() <= identity.now();
  if (isOver)
    throw new AppError("unauthenticated", "unauthenticated", {
      message: "the API key is not valid: it is unknown, revoked or expired",
    });
  const { id, userId, name, roles, scopes, tokenVersion } = grant;
  return {
    actor: { id: userId, name, roles, scopes, kind: "api_key", keyId: id },
    expiresAtMs: Math.min(identity.now() + BELIEVED_MS, grant.expiresAt.getTime()),
    isGood: () =>
      !identity.revocations.isRevoked(`k:${id}`, 0) &&
      !identity.revocations.isRevoked(`u:${userId}`, tokenVersion),
  };
}
