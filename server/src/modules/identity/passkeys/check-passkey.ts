// Checks what a passkey signed: our challenge, for our origin and relying party, by a device that verified its user, with a
// count that has grown. A count that has not grown means that the key was copied: the passkey is suspended.
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialRequestOptionsJSON,
  VerifiedAuthenticationResponse,
} from "@simplewebauthn/server";
import { inTransaction } from "../../../runtime/transaction.ts";
import type { AuditOrigin } from "../../audit/index.ts";
import { insertMail } from "../mails/mail-store.ts";
import { dateOf, type Identity } from "../settings.ts";
import { recordSecurity } from "../trail.ts";
import { CHALLENGE_LIFETIME_MS, type ChallengeUse, makeChallenge, takeChallenge } from "./challenge.ts";
import { methodsOf, type Passkey } from "./passkey.ts";
import { advancePasskey, selectPasskey, selectPasskeys, suspendPasskey } from "./passkey-store.ts";
import { loadWebAuthn } from "./web-authn.ts";

/** The options for `navigator.credentials.get()`. Without a user, the browser offers all passkeys it has for us. */
export async function askForPasskey(
  identity: Identity,
  use: ChallengeUse,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const passkeys = use.userId === null ? [] : await selectPasskeys(identity.db, use.userId);
  const { generateAuthenticationOptions } = await loadWebAuthn();
  return generateAuthenticationOptions({
    rpID: identity.settings.passkeys.rpId,
    challenge: await makeChallenge(identity, use),
    timeout: CHALLENGE_LIFETIME_MS,
    userVerification: "required",
    allowCredentials: passkeys.map(({ credentialId, transports }) => ({
      id: credentialId.toString("base64url"),
      transports: [...transports],
    })),
  });
}

export type PasskeyProof =
  | { readonly passkey: Passkey; readonly methods: readonly string[] }
  | {
      /** In words, for the client. */ readonly refused: string;
      readonly passkey?: Passkey | undefined;
    };

/** Uses up the challenge in any case. A proof is good once. */
export async function checkPasskey(
  identity: Identity,
  assertion: AuthenticationResponseJSON,
  { use, origin }: { readonly use: ChallengeUse; readonly origin: AuditOrigin },
): Promise<PasskeyProof> {
  const passkey = await selectPasskey(identity.db, Buffer.from(assertion.id, "base64url"));
  if (passkey === undefined || !isMeantFor(passkey, assertion, use.userId))
    return { refused: "this passkey is not known here, or is another user's" };
  const verified = await verifyAssertion(identity, assertion, { passkey, use });
  if (typeof verified === "string") return { refused: verified, passkey };
  if (passkey.suspendedAt !== null)
    return { refused: "this passkey is suspended, for there may be a copy of it; remove it", passkey };
  const counter = verified.authenticationInfo.newCounter;
  const isGrown = await advancePasskey(identity.db, { id: passkey.id, counter, at: dateOf(identity) });
  if (isGrown) return { passkey, methods: methodsOf(passkey) };
  await suspend(identity, { passkey, counter, origin });
  return {
    refused: "this passkey's count went back, so there may be a copy of it; it is suspended",
    passkey,
  };
}

/** Signing in without a name: the device must say whose key it is, and that must be right (WebAuthn level 3, 7.2, step 6). */
function isMeantFor(
  { userId }: Passkey,
  { response }: AuthenticationResponseJSON,
  expectedId: string | null,
): boolean {
  const named = response.userHandle === undefined ? undefined : readUserHandle(response.userHandle);
  if (expectedId === null) return named === userId;
  return expectedId === userId && (named === undefined || named === userId);
}

/** What a device stores with the key to say whose it is: the user's id. */
export function makeUserHandle(userId: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(userId));
}

function readUserHandle(handle: string): string {
  return Buffer.from(handle, "base64url").toString();
}

/** `advancePasskey` judges and notes the count in one step, and only once the signature is known to be good. */
async function verifyAssertion(
  identity: Identity,
  assertion: AuthenticationResponseJSON,
  { passkey, use }: { readonly passkey: Passkey; readonly use: ChallengeUse },
): Promise<VerifiedAuthenticationResponse | string> {
  const { rpId, origins } = identity.settings.passkeys;
  const credential = { id: assertion.id, publicKey: new Uint8Array(passkey.publicKey), counter: 0 };
  try {
    const { verifyAuthenticationResponse } = await loadWebAuthn();
    const verified = await verifyAuthenticationResponse({
      response: assertion,
      expectedChallenge: (challenge) => takeChallenge(identity, use, challenge),
      expectedOrigin: [...origins],
      expectedRPID: rpId,
      requireUserVerification: true,
      credential,
    });
    return verified.verified ? verified : "its signature is wrong";
  } catch (error) {
    return explainRefusal(error);
  }
}

/** The library's error message is a sentence for developers; the client gets one of ours. */
export function explainRefusal(error: unknown): string {
  const { message } = error as Error;
  if (/challenge/i.test(message))
    return "its challenge is not ours, was used, has expired, or was made for something else: ask for options again";
  if (/RP ?ID/i.test(message)) return "it was made for another relying party (WEBAUTHN_RP_ID)";
  if (/origin/i.test(message)) return "it was made on another site (WEBAUTHN_ORIGINS)";
  if (/not present|not be verified|was required/i.test(message))
    return "the device did not ask who holds it: user verification is required";
  return "it is malformed";
}

async function suspend(
  identity: Identity,
  { passkey, counter, origin }: { passkey: Passkey; counter: number; origin: AuditOrigin },
): Promise<void> {
  await inTransaction(identity.db, async (tx) => {
    const at = dateOf(identity);
    const { id, userId } = passkey;
    await suspendPasskey(tx, id, at);
    await insertMail(tx, { template: "passkey_suspended", userId, login: null, at });
    const details = { passkey: id, counter_known: Number(passkey.counter), counter_shown: counter };
    const change = "passkey suspended: its counter went back";
    await recordSecurity(tx, [
      { event: "user_updated", actor: userId, userId, origin, details: { change, ...details } },
    ]);
  });
}
