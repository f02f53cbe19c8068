// The shapes of identity's requests and answers: validation, serialization and OpenAPI from one place.
import { Type } from "typebox";
import { shown, Time } from "../../http/index.ts";
import { PasskeyAnswer, PasskeyAssertion } from "./passkeys/passkey-schemas.ts";

/** PostgreSQL cannot store NUL, and no real name has control characters. */
const TEXT = "^[^\\u0000-\\u001f\\u007f]*$";
/** Well above the longest password, so that the password rule itself can say what is wrong. */
const Password = shown(
  Type.String({ minLength: 1, maxLength: 1_024, examples: ["correct horse battery staple"] }),
  { minLength: 8, maxLength: 128 },
);
const Email = shown(Type.String({ minLength: 3, maxLength: 254, examples: ["ada@example.com"] }), {
  format: "email",
});
/** The forms that the reader behind the schema accepts; case makes no difference. */
const USERNAME = { pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{1,62}[A-Za-z0-9]$" };
const FullName = Type.Union([Type.String({ minLength: 1, maxLength: 200, pattern: TEXT }), Type.Null()]);
const LoginName = Type.String({
  minLength: 1,
  maxLength: 254,
  pattern: TEXT,
  description: "Username or e-mail address",
});
export const Uuid = Type.String({ format: "uuid" });
const LinkToken = Type.String({ minLength: 1, maxLength: 128, description: "From the link in the mail" });

export const RegisterInput = Type.Object(
  {
    username: shown(Type.String({ minLength: 1, maxLength: 64, examples: ["ada"] }), USERNAME),
    email: Email,
    password: Password,
    full_name: Type.Optional(FullName),
  },
  {
    additionalProperties: false,
    examples: [{ username: "ada", email: "ada@example.com", password: "correct horse battery staple" }],
  },
);

export const LoginInput = Type.Object(
  {
    username: LoginName,
    password: Password,
    device_token: Type.Optional(
      Type.String({
        maxLength: 64,
        description: "From an earlier login on this device: keeps it from being locked out",
      }),
    ),
    code: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 32,
        description: "Of the second factor: the app's six digits or a backup code",
      }),
    ),
    passkey: Type.Optional(PasskeyAssertion),
    grant_type: Type.Optional(Type.Literal("password")),
    scope: Type.Optional(Type.String({ maxLength: 200, description: "Ignored; for OAuth 2 clients" })),
    client_id: Type.Optional(Type.String({ maxLength: 200, description: "Ignored; for OAuth 2 clients" })),
    client_secret: Type.Optional(
      Type.String({ maxLength: 200, description: "Ignored; for OAuth 2 clients" }),
    ),
  },
  { additionalProperties: false, examples: [{ username: "ada", password: "correct horse battery staple" }] },
);

export const TokenAnswer = Type.Object({
  access_token: Type.String(),
  refresh_token: Type.String(),
  token_type: Type.Literal("Bearer"),
  expires_in: Type.Integer({ description: "Seconds for which the access token is good" }),
  device_token: Type.Optional(
    Type.String({ description: "Keep it on this device and send it with each login" }),
  ),
});

export const RefreshInput = Type.Object(
  {
    refresh_token: Type.String({ minLength: 1, maxLength: 200 }),
    grant_type: Type.Optional(Type.Literal("refresh_token")),
  },
  { additionalProperties: false, examples: [{ refresh_token: "chr_..." }] },
);

export const LogoutInput = Type.Object(
  { all: Type.Optional(Type.Boolean({ description: "All sessions of the user, not only this one" })) },
  { additionalProperties: false, examples: [{ all: true }] },
);

export const PasswordChangeInput = Type.Object(
  { current_password: Password, new_password: Password },
  {
    additionalProperties: false,
    examples: [
      { current_password: "correct horse battery staple", new_password: "another horse, another staple" },
    ],
  },
);
export const PasswordForgotInput = Type.Object(
  { username: LoginName },
  { additionalProperties: false, examples: [{ username: "ada" }] },
);
export const PasswordResetInput = Type.Object(
  { token: LinkToken, new_password: Password },
  {
    additionalProperties: false,
    examples: [{ token: "...", new_password: "another horse, another staple" }],
  },
);
export const EmailVerifyInput = Type.Object(
  {
    token: LinkToken,
    password: Type.Optional(
      Type.String({
        maxLength: 1_024,
        description:
          "Of the account, or send the access token of a session of it: says that whoever has the mailbox made the account too",
      }),
    ),
  },
  { additionalProperties: false, examples: [{ token: "..." }] },
);
export const EmailUndoInput = Type.Object(
  { token: LinkToken },
  { additionalProperties: false, examples: [{ token: "..." }] },
);
export const LinkQuery = Type.Object({ token: LinkToken }, { additionalProperties: false });

export const ProfileInput = Type.Object(
  { email: Type.Optional(Email), full_name: Type.Optional(FullName) },
  { additionalProperties: false, minProperties: 1, examples: [{ full_name: "Ada Lovelace" }] },
);

export const RoleName = Type.Union([
  Type.Literal("admin"),
  Type.Literal("operator"),
  Type.Literal("customer"),
  Type.Literal("service"),
]);

const userFields = {
  id: Uuid,
  username: Type.String(),
  email: Type.String(),
  email_verified: Type.Boolean(),
  full_name: Type.Union([Type.String(), Type.Null()]),
  roles: Type.Array(RoleName),
  state: Type.Union([Type.Literal("active"), Type.Literal("disabled")]),
  version: Type.Integer(),
  created_at: Time,
  last_login_at: Type.Union([Time, Type.Null()]),
};
export const UserAnswer = Type.Object(userFields);
export const ProfileAnswer = Type.Object({
  ...userFields,
  pending_email: Type.Union([Type.String(), Type.Null()], {
    description: "The address asked for, until it is confirmed",
  }),
});
export const RegisteredAnswer = Type.Object({ ...userFields, message: Type.Optional(Type.String()) });

export const SessionAnswer = Type.Object({
  id: Uuid,
  device: Type.Union([Type.String(), Type.Null()], { description: "The User-Agent it was opened with" }),
  methods: Type.Array(Type.String(), { description: "How the user signed in (RFC 8176)" }),
  current: Type.Boolean(),
  impersonated: Type.Boolean({ description: "An administrator acts as this user" }),
  created_at: Time,
  last_used_at: Time,
  expires_at: Time,
});
export const SessionList = Type.Object({ sessions: Type.Array(SessionAnswer) });
export const SessionPath = Type.Object({ id: Uuid });
export const EndedAnswer = Type.Object({ ended: Type.Integer() });
export const MessageAnswer = Type.Object({ message: Type.String() });
export const ResetAnswer = Type.Object({
  message: Type.String(),
  device_token: Type.String({
    description: "Send it with the next login: it is not slowed down by the attempts of others",
  }),
});

export const UserPath = Type.Object({ id: Uuid });
export const UserQuery = Type.Object(
  {
    username: Type.Optional(Type.String({ maxLength: 64, pattern: TEXT })),
    email: Type.Optional(shown(Type.String({ maxLength: 254 }), { format: "email" })),
    role: Type.Optional(RoleName),
    state: Type.Optional(Type.Union([Type.Literal("active"), Type.Literal("disabled")])),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
    cursor: Type.Optional(Uuid),
  },
  { additionalProperties: false },
);
export const UserPage = Type.Object({
  items: Type.Array(UserAnswer),
  next_cursor: Type.Union([Type.String(), Type.Null()]),
});
const Roles = Type.Array(RoleName, { minItems: 1, maxItems: 4 });
export const UserInput = Type.Object(
  {
    username: shown(Type.String({ minLength: 1, maxLength: 64 }), USERNAME),
    email: Email,
    full_name: Type.Optional(FullName),
    roles: Roles,
    password: Type.Optional(Password),
    password_hash: Type.Optional(
      Type.String({
        maxLength: 400,
        pattern: "^\\$(2[aby]\\$(0[4-9]|1[0-4])\\$[./A-Za-z0-9]{53}$|argon2id\\$)",
        description: "bcrypt (cost 4 to 14) or Argon2id (PHC form), from another system",
      }),
    ),
  },
  {
    additionalProperties: false,
    examples: [{ username: "till-4", email: "till-4@example.com", roles: ["service"] }],
  },
);
export const AccessInput = Type.Object(
  {
    roles: Type.Optional(Roles),
    state: Type.Optional(Type.Union([Type.Literal("active"), Type.Literal("disabled")])),
  },
  {
    additionalProperties: false,
    minProperties: 1,
    examples: [{ roles: ["operator"] }, { state: "disabled" }],
  },
);
const Reason = Type.String({
  minLength: 10,
  maxLength: 500,
  pattern: TEXT,
  description: "Kept on the audit trail",
});
export const ImpersonationInput = Type.Object(
  {
    reason: Reason,
    minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 60, default: 15 })),
  },
  {
    additionalProperties: false,
    examples: [{ reason: "Ticket 4711: the statement looks wrong", minutes: 15 }],
  },
);

export const FactorResetInput = Type.Object(
  { reason: Reason },
  {
    additionalProperties: false,
    examples: [{ reason: "Ticket 4712: phone lost; showed their passport at the branch" }],
  },
);
export const RemovedFactorsAnswer = Type.Object({
  totp: Type.Boolean({ description: "There was an authenticator app" }),
  passkeys: Type.Integer({ description: "How many there were" }),
});
export const RotationInput = Type.Object(
  {
    reason: Reason,
    mode: Type.Optional(
      Type.Union([Type.Literal("planned"), Type.Literal("immediate"), Type.Literal("compromised")], {
        default: "planned",
        description:
          "planned: the new key signs in ten minutes, when all caches know it; immediate: at once; compromised: at once, and " +
          "what older keys signed is void",
      }),
    ),
  },
  {
    additionalProperties: false,
    examples: [{ reason: "Quarterly rotation, ticket 4713", mode: "planned" }],
  },
);
const signingKeyFields = {
  kid: Type.String(),
  created_at: Time,
  signs_from: Time,
  verifies_until: Type.Union([Time, Type.Null()], { description: "null: until its successor signs" }),
};
export const SigningKeyAnswer = Type.Object(signingKeyFields);
export const SigningKeyList = Type.Object({
  signing_keys: Type.Array(
    Type.Object({
      ...signingKeyFields,
      use: Type.Union([Type.Literal("published"), Type.Literal("signs"), Type.Literal("verifies")]),
    }),
  ),
});

export const ApiKeyInput = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100, pattern: TEXT }),
    scopes: Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 30 }),
    expires_in_days: Type.Optional(Type.Integer({ minimum: 1, maximum: 730, default: 90 })),
  },
  {
    additionalProperties: false,
    examples: [{ name: "Till 4", scopes: ["transactions:write"], expires_in_days: 90 }],
  },
);
const apiKeyFields = {
  id: Type.String(),
  prefix: Type.String({ description: "How the key begins; not enough to use it" }),
  name: Type.String(),
  scopes: Type.Array(Type.String()),
  created_at: Time,
  expires_at: Time,
  last_used_at: Type.Union([Time, Type.Null()]),
};
export const ApiKeyList = Type.Object({ api_keys: Type.Array(Type.Object(apiKeyFields)) });
export const NewApiKeyAnswer = Type.Object({
  ...apiKeyFields,
  key: Type.String({ description: "Shown this once" }),
});
const ApiKeyId = Type.String({ pattern: "^[0-9a-f]{16}$" });
export const ApiKeyPath = Type.Object({ id: ApiKeyId });
export const UserApiKeyPath = Type.Object({ id: Uuid, keyId: ApiKeyId });

export const StepUpInput = Type.Object(
  {
    password: Type.Optional(Password),
    code: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
    passkey: Type.Optional(PasskeyAssertion),
  },
  {
    additionalProperties: false,
    minProperties: 1,
    examples: [{ password: "correct horse battery staple", code: "123456" }],
  },
);
export const StepUpAnswer = Type.Object({
  access_token: Type.String(),
  token_type: Type.Literal("Bearer"),
  expires_in: Type.Integer(),
});
export const CodeInput = Type.Object(
  { code: Type.String({ minLength: 6, maxLength: 32 }) },
  { additionalProperties: false, examples: [{ code: "123456" }] },
);
export const TotpSecret = Type.Object({
  secret: Type.String({ description: "Base32, to type into the app" }),
  uri: Type.String({ description: "otpauth://..., to show as a QR code" }),
});
export const BackupCodes = Type.Object({ backup_codes: Type.Array(Type.String()) });
export const FactorList = Type.Object({
  totp: Type.Boolean({ description: "An authenticator app is in use" }),
  passkeys: Type.Array(PasskeyAnswer),
  backup_codes_left: Type.Integer(),
});
