// A user's own passkeys: registering, listing and removing them. Each change needs a recent proof and is reported by mail.
import { randomUUID } from "node:crypto";
import type {
  PublicKeyCredentialCreationOptionsJSON,
  RegistrationResponseJSON,
  VerifiedRegistrationResponse,
} from "@simplewebauthn/server";
import { inTransaction } from "../../../runtime/transaction.ts";
import type { Actor } from "../../../values/actor.ts";
import { identityError } from "../errors.ts";
import { findFactors, makeFirstBackupCodes, recordFactor } from "../factors/factor.ts";
import { deleteBackupCodes } from "../factors/factor-store.ts";
import { requireRecentProof } from "../factors/step-up.ts";
import { lockLiveUser } from "../sessions/lock-live-user.ts";
import { dateOf, type Identity } from "../settings.ts";
import type { Context } from "../trail.ts";
import { readOwnId } from "../users/user.ts";
import { lockUser } from "../users/user-store.ts";
import { CHALLENGE_LIFETIME_MS, type ChallengeUse, makeChallenge, takeChallenge } from "./challenge.ts";
import { explainRefusal, makeUserHandle } from "./check-passkey.ts";
import type { Passkey } from "./passkey.ts";
import { deletePasskey, insertPasskey, selectPasskeys } from "./passkey-store.ts";
import { loadWebAuthn } from "./web-authn.ts";

const PASSKEYS_MAX = 20;
/** ES256, EdDSA, RS256: the algorithms that devices support (COSE's numbers). */
const ALGORITHMS = [-7, -8, -257];

/** @throws AppError `forbidden/step_up_required`, `refused/too_many_passkeys`, `not_found/no_such_session` */
export async function startPasskey(
  identity: Identity,
  { actor }: Context,
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  requireRecentProof(identity, actor);
  const use = useOf(actor);
  const known = await selectPasskeys(identity.db, use.userId);
  if (known.length >= PASSKEYS_MAX) throw identityError("too_many_passkeys");
  const { generateRegistrationOptions } = await loadWebAuthn();
  return generateRegistrationOptions({
    rpName: "Countinghouse",
    rpID: identity.settings.passkeys.rpId,
    userID: makeUserHandle(use.userId),
    userName: actor.name,
    challenge: await makeChallenge(identity, use),
    timeout: CHALLENGE_LIFETIME_MS,
    attestationType: "none",
    // Kept on the device, so that it can sign in without a name; and the device must verify its user.
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    supportedAlgorithmIDs: ALGORITHMS,
    excludeCredentials: known.map(({ credentialId }) => ({ id: credentialId.toString("base64url") })),
  });
}

/** A challenge for this user to register a passkey in this session. @throws AppError `not_found/no_such_session` */
function useOf(actor: Actor): ChallengeUse & { readonly userId: string } {
  const { sessionId } = actor;
  if (sessionId === undefined) throw identityError("no_such_session");
  return { purpose: "register", userId: readOwnId(actor), sessionId };
}

export interface NewPasskey {
  readonly name: string;
  readonly credential: RegistrationResponseJSON;
}

/**
 * Registers the passkey. A user's first factor brings backup codes, for the day when the device is lost.
 * Uses up the challenge in any case.
 * @throws AppError `invalid/passkey_not_accepted`, `conflict/passkey_exists`, `refused/too_many_passkeys`, and as `startPasskey`
 */
export async function finishPasskey(
  identity: Identity,
  { name, credential }: NewPasskey,
  context: Context,
): Promise<{ readonly passkey: Passkey; readonly backupCodes: string[] | undefined }> {
  requireRecentProof(identity, context.actor);
  const { userId, ...use } = useOf(context.actor);
  const info = await verifyRegistration(identity, credential, { ...use, userId });
  const passkey = toPasskey(info, { userId, name, at: dateOf(identity) });
  return inTransaction(identity.db, async (tx) => {
    await lockLiveUser(tx, context.actor); // so that of two at once each counts the other
    const known = await selectPasskeys(tx.sql, userId);
    if (known.length >= PASSKEYS_MAX) throw identityError("too_many_passkeys");
    if (!(await insertPasskey(tx, passkey))) throw identityError("passkey_exists");
    const details = { passkey: passkey.id, synced: passkey.synced };
    await recordFactor(tx, identity, { ...context, change: "passkey added", details });
    return { passkey, backupCodes: await makeFirstBackupCodes(tx, userId) };
  });
}

type Registered = NonNullable<VerifiedRegistrationResponse["registrationInfo"]>;

/** @throws AppError `invalid/passkey_not_accepted` saying why */
async function verifyRegistration(
  identity: Identity,
  credential: RegistrationResponseJSON,
  use: ChallengeUse,
): Promise<Registered> {
  const { rpId, origins } = identity.settings.passkeys;
  const { verifyRegistrationResponse } = await loadWebAuthn();
  const outcome = await verifyRegistrationResponse({
    response: credential,
    expectedChallenge: (challenge) => takeChallenge(identity, use, challenge),
    expectedOrigin: [...origins],
    expectedRPID: rpId,
    requireUserVerification: true,
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch((error: unknown) => explainRefusal(error));
  if (typeof outcome !== "string" && outcome.verified) return outcome.registrationInfo;
  const reason = typeof outcome === "string" ? outcome : "its attestation is wrong";
  throw identityError("passkey_not_accepted", {
    message: `credential: ${reason}`,
    fields: [{ field: "credential", reason }],
  });
}

function toPasskey(
  { credential, credentialDeviceType }: Registered,
  { userId, name, at }: { readonly userId: string; readonly name: string; readonly at: Date },
): Passkey {
  return {
    id: randomUUID(),
    userId,
    credentialId: Buffer.from(credential.id, "base64url"),
    publicKey: Buffer.from(credential.publicKey),
    counter: BigInt(credential.counter),
    synced: credentialDeviceType === "multiDevice",
    transports: credential.transports ?? [],
    name,
    createdAt: at,
    lastUsedAt: null,
    suspendedAt: null,
  };
}

export function listPasskeys({ db }: Identity, actor: Actor): Promise<Passkey[]> {
  return selectPasskeys(db, readOwnId(actor));
}

/** Without a factor left, the backup codes go too. @throws AppError `forbidden/step_up_required`, `not_found/no_such_factor` */
export async function removePasskey(identity: Identity, id: string, context: Context): Promise<void> {
  requireRecentProof(identity, context.actor);
  const userId = readOwnId(context.actor);
  await inTransaction(identity.db, async (tx) => {
    await lockUser(tx, userId);
    if (!(await deletePasskey(tx, { id, userId }))) throw identityError("no_such_factor");
    if (!(await findFactors(tx.sql, userId)).any) await deleteBackupCodes(tx, userId);
    await recordFactor(tx, identity, { ...context, change: "passkey removed", details: { passkey: id } });
  });
}
