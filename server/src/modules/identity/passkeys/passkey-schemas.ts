// The shapes of passkeys: what browsers send and accept (WebAuthn level 3, their toJSON and parse...FromJSON). Additional
// fields that newer browsers send are ignored.
import { Type } from "typebox";
import { Time } from "../../../http/index.ts";

const BASE64URL = "^[A-Za-z0-9_-]*$";
const bytes = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: BASE64URL });

const EXAMPLE_ID = "3q2-7wAAAAAAAAAAAAAAAA";
const exampleOf = (response: object) => ({ id: EXAMPLE_ID, rawId: EXAMPLE_ID, type: "public-key", response });

/** A credential's id has at most 1,023 bytes. */
const CredentialId = bytes(1_364);
const credentialFields = {
  id: CredentialId,
  rawId: CredentialId,
  type: Type.Literal("public-key"),
  authenticatorAttachment: Type.Optional(
    Type.Union([Type.Literal("platform"), Type.Literal("cross-platform"), Type.Null()]),
  ),
  clientExtensionResults: Type.Optional(Type.Object({}, { description: "Ignored" })),
};

export const PasskeyAssertion = Type.Object(
  {
    ...credentialFields,
    response: Type.Object({
      clientDataJSON: bytes(8_192),
      authenticatorData: bytes(8_192),
      signature: bytes(8_192),
      userHandle: Type.Optional(
        Type.Union([Type.String({ maxLength: 86, pattern: BASE64URL }), Type.Null()]),
      ),
    }),
  },
  {
    description: "What navigator.credentials.get() answered, as JSON",
    examples: [exampleOf({ clientDataJSON: "eyJ0", authenticatorData: "SZYN", signature: "MEUC" })],
  },
);

const Transport = Type.String({ maxLength: 32, pattern: "^[a-z-]+$" });
const PasskeyAttestation = Type.Object(
  {
    ...credentialFields,
    response: Type.Object({
      clientDataJSON: bytes(8_192),
      attestationObject: bytes(65_536),
      transports: Type.Optional(Type.Array(Transport, { maxItems: 10 })),
    }),
  },
  {
    description: "What navigator.credentials.create() answered, as JSON",
    examples: [exampleOf({ clientDataJSON: "eyJ0", attestationObject: "o2Nm" })],
  },
);

export const PasskeyInput = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 100,
      pattern: "^[^\\u0000-\\u001f\\u007f]*$",
      examples: ["Phone"],
    }),
    credential: PasskeyAttestation,
  },
  { additionalProperties: false },
);
export const PasskeyLoginInput = Type.Object(
  {
    passkey: PasskeyAssertion,
    device_token: Type.Optional(
      Type.String({ maxLength: 64, description: "From an earlier login on this device" }),
    ),
  },
  { additionalProperties: false },
);

const passkeyFields = {
  id: Type.String({ format: "uuid" }),
  name: Type.String(),
  synced: Type.Boolean({ description: "Kept on several devices by their maker" }),
  suspended: Type.Boolean({ description: "There may be a copy of it: remove it" }),
  created_at: Time,
  last_used_at: Type.Union([Time, Type.Null()]),
};
export const PasskeyAnswer = Type.Object(passkeyFields);
export const PasskeyList = Type.Object({ passkeys: Type.Array(PasskeyAnswer) });
export const NewPasskeyAnswer = Type.Object({
  ...passkeyFields,
  backup_codes: Type.Optional(
    Type.Array(Type.String(), { description: "With the first factor; shown this once" }),
  ),
});

const options = (description: string) =>
  Type.Object({ challenge: Type.String() }, { description, additionalProperties: true });
export const CreationOptions = options(
  "For navigator.credentials.create(): PublicKeyCredentialCreationOptionsJSON",
);
export const RequestOptions = options(
  "For navigator.credentials.get(): PublicKeyCredentialRequestOptionsJSON",
);
