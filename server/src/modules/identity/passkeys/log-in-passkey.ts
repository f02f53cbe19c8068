// Signs in by a passkey alone, without name or password. The device has the key and has verified its user, which makes two
// factors in one.
import type { AuthenticationResponseJSON } from "@simplewebauthn/server";
import type { AuditOrigin } from "../../audit/index.ts";
import { identityError } from "../errors.ts";
import { findDevice } from "../sessions/device.ts";
import { completeLogin, type LoggedIn } from "../sessions/log-in.ts";
import type { Identity } from "../settings.ts";
import { ANONYMOUS, recordRefusal } from "../trail.ts";
import { selectUser } from "../users/user-store.ts";
import type { ChallengeUse } from "./challenge.ts";
import { askForPasskey, checkPasskey } from "./check-passkey.ts";

const USE: ChallengeUse = { purpose: "log_in", userId: null, sessionId: null };

/** Does not tell who has an account: the browser offers the passkeys that it has. */
export function startPasskeyLogin(identity: Identity) {
  return askForPasskey(identity, USE);
}

export interface PasskeyLogin {
  readonly passkey: AuthenticationResponseJSON;
  readonly deviceToken: string | undefined;
  readonly origin: AuditOrigin;
}

/** @throws AppError `unauthenticated/invalid_passkey` saying why */
export async function logInByPasskey(
  identity: Identity,
  { passkey: assertion, deviceToken, origin }: PasskeyLogin,
): Promise<LoggedIn> {
  const proof = await checkPasskey(identity, assertion, { use: USE, origin });
  const user = proof.passkey === undefined ? undefined : await selectUser(identity.db, proof.passkey.userId);
  if ("refused" in proof || user?.state !== "active") {
    const reason = "refused" in proof ? proof.refused : "its user may not sign in";
    await recordRefusal(identity, {
      event: "authn_login_fail",
      actor: ANONYMOUS,
      userId: user?.id,
      origin,
      refused: "invalid_passkey",
      details: { reason },
    });
    throw identityError("invalid_passkey", { message: reason });
  }
  const isKnownDevice = (await findDevice(identity, deviceToken, user.id)) !== undefined;
  return completeLogin(identity, user, {
    origin,
    methods: proof.methods,
    isKnownDevice,
    passkeyId: proof.passkey.id,
  });
}
