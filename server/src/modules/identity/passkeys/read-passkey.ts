// Turns what a browser sent into what the WebAuthn library accepts: absent members are left out, unknown ones dropped.
import type {
  AuthenticationResponseJSON,
  AuthenticatorTransport,
  RegistrationResponseJSON,
} from "@simplewebauthn/server";
import type { Static } from "typebox";
import type { PasskeyAssertion, PasskeyInput } from "./passkey-schemas.ts";

export function readAssertion({
  id,
  rawId,
  type,
  response,
}: Static<typeof PasskeyAssertion>): AuthenticationResponseJSON {
  const { clientDataJSON, authenticatorData, signature, userHandle } = response;
  const signed = { clientDataJSON, authenticatorData, signature };
  return {
    id,
    rawId,
    type,
    clientExtensionResults: {},
    response: typeof userHandle === "string" ? { ...signed, userHandle } : signed,
  };
}

export function readAttestation({
  id,
  rawId,
  type,
  response,
}: Static<typeof PasskeyInput>["credential"]): RegistrationResponseJSON {
  const { clientDataJSON, attestationObject, transports = [] } = response;
  const known = transports as AuthenticatorTransport[];
  return {
    id,
    rawId,
    type,
    clientExtensionResults: {},
    response: { clientDataJSON, attestationObject, transports: known },
  };
}
