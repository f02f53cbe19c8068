// The door of identity: who a user is, and what they may do.

export { verifyApiKey } from "./api-keys/api-keys.ts";
export { IDENTITY_ENCRYPTED } from "./encrypted-tables.ts";
export { hasRecentProof, requireRecentProof } from "./factors/step-up.ts";
export { identityTasks } from "./jobs.ts";
export {
  createMailbox,
  createSmtpTransport,
  type Mailbox,
  type MailTransport,
} from "./mails/mail-transport.ts";
export { type IdentityOptions, type OpenIdentity, openIdentity } from "./open-identity.ts";
export { createPasswords, type Passwords } from "./passwords/passwords.ts";
export { addIdentityRootRoutes, identityRoutes } from "./routes.ts";
export { verifyAccessToken } from "./sessions/access-token.ts";
export { createExternalVerifier, type ExternalSettings } from "./sessions/external-token.ts";
export { findByLogin } from "./sessions/log-in.ts";
export {
  createTokenReader,
  type TokenHolder,
  type TokenReader,
  type TokenReaderSettings,
} from "./sessions/token-reader.ts";
export type { Identity, IdentitySettings } from "./settings.ts";
export {
  describeSigningKey,
  listSigningKeys,
  type RotationMode,
  rotateSigningKeys,
} from "./signing-keys/rotate-signing-keys.ts";
export {
  ANONYMOUS,
  recordRefusal,
  recordSecurity,
  type SecurityEvent,
  type SecurityRecord,
} from "./trail.ts";
export { addUser, type UserInput } from "./users/change-user.ts";
export { findRegistrations, type RegisteredUser } from "./users/find-registrations.ts";
export { findUserIds } from "./users/find-user-ids.ts";
export { readWhom, type WhomWish } from "./users/read-whom.ts";
export { type Registered, type Registration, registerUser } from "./users/register-user.ts";
