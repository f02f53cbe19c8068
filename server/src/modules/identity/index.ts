// The door of identity: who somebody is, and what they may do.
export { verifyAccessToken } from "./access-token.ts";
export { verifyApiKey } from "./api-keys.ts";
export { addUser, type UserInput } from "./change-user.ts";
export { IDENTITY_ENCRYPTED } from "./encrypted-tables.ts";
export { createExternalVerifier, type ExternalSettings } from "./external-token.ts";
export { findRegistrations, type RegisteredUser } from "./find-registrations.ts";
export { identityTasks } from "./jobs.ts";
export { findByLogin } from "./log-in.ts";
export { createMailbox, createSmtpTransport, type Mailbox, type MailTransport } from "./mail-transport.ts";
export { type IdentityOptions, type OpenIdentity, openIdentity } from "./open-identity.ts";
export { createPasswords, type Passwords } from "./passwords.ts";
export { type Registered, type Registration, registerUser } from "./register-user.ts";
export {
  describeSigningKey,
  listSigningKeys,
  type RotationMode,
  rotateSigningKeys,
} from "./rotate-signing-keys.ts";
export { addIdentityRootRoutes, identityRoutes } from "./routes.ts";
export type { Identity, IdentitySettings } from "./settings.ts";
export { hasRecentProof, requireRecentProof } from "./step-up.ts";
export {
  createTokenReader,
  type TokenHolder,
  type TokenReader,
  type TokenReaderSettings,
} from "./token-reader.ts";
export {
  ANONYMOUS,
  recordRefusal,
  recordSecurity,
  type SecurityEvent,
  type SecurityRecord,
} from "./trail.ts";
