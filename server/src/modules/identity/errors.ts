// Identity's refusals. Codes are a promise to clients and never renamed. No refusal tells whether an account exists, except
// at registration, where the person has to know.
import { type ErrorEntry, refusalsOf } from "../../values/app-error.ts";

export const IDENTITY_ERRORS = {
  password_refused: {
    kind: "invalid",
    title: "The password is not accepted.",
    wayOut: "Choose another; the answer says why. Any 8 to 128 characters that are hard to guess will do.",
  },
  username_taken: {
    kind: "conflict",
    title: "Somebody has this username.",
    wayOut: "Choose another username.",
  },
  email_taken: {
    kind: "conflict",
    title: "There is an account with this e-mail address.",
    wayOut: "Sign in, or set a new password with POST /auth/password/forgot.",
  },
  invalid_credentials: {
    kind: "unauthenticated",
    title: "The name and password do not match, or the account may not sign in.",
    wayOut: "Check both; POST /auth/password/forgot sets a new password.",
  },
  invalid_refresh_token: {
    kind: "unauthenticated",
    title: "The refresh token is not valid (any more).",
    wayOut: "Sign in again.",
  },
  refresh_token_reused: {
    kind: "unauthenticated",
    title: "The refresh token had been used before, so its session was ended.",
    wayOut: "Sign in again; if it was not you who used it, change the password.",
  },
  invalid_link: {
    kind: "invalid",
    title: "The link is not valid: it was used, has expired, or was replaced.",
    wayOut: "Ask for a new mail.",
  },
  login_throttled: {
    kind: "too_many",
    title: "Too many attempts failed; the next one has to wait.",
    wayOut:
      "Try again after Retry-After, sign in from a device you used before, or set a new password by mail.",
  },
  issuer_unavailable: {
    kind: "unavailable",
    title: "The token's issuer cannot be asked for its keys.",
    wayOut: "Try again after Retry-After; our own tokens keep working.",
  },
  login_busy: {
    kind: "unavailable",
    title: "More people are signing in than can be checked at once.",
    wayOut: "Try again after Retry-After.",
  },
  wrong_password: {
    kind: "refused",
    title: "That is not your password.",
    wayOut: "Repeat with your current password; POST /auth/password/forgot sets a new one.",
  },
  no_such_user: {
    kind: "not_found",
    title: "There is no such user.",
    wayOut: "GET /admin/users lists them; tokens of `countinghouse token` belong to no user.",
  },
  last_admin: {
    kind: "refused",
    title: "There would be no administrator left.",
    wayOut: "Make another user administrator first.",
  },
  may_not_impersonate: {
    kind: "refused",
    title: "Nobody may act as an administrator or operator, and only users may act as others.",
    wayOut: "Ask them to do it themselves; sign in as a user instead of with a minted token.",
  },
  not_a_program: {
    kind: "forbidden",
    title: "Staff make API keys for programs alone: users whose only role is `service`.",
    wayOut:
      "Make a user of role service for the program (POST /admin/users). People make their own keys; to help one, act as them with a reason (POST /admin/users/:id/impersonate).",
  },
  administrators_only: {
    kind: "forbidden",
    title: "Only administrators may change administrators.",
    wayOut: "Ask an administrator to do it.",
  },
  second_factor_required: {
    kind: "unauthenticated",
    title: "The password is right; a second factor is needed as well.",
    wayOut:
      "Send the login again with `code`, from the authenticator app or a backup code, or with `passkey`, signed for the `passkey_options` of this answer.",
  },
  invalid_passkey: {
    kind: "unauthenticated",
    title: "The passkey does not sign in.",
    wayOut: "The answer says why. Ask POST /auth/passkey/options anew, or sign in with the password.",
  },
  wrong_passkey: {
    kind: "refused",
    title: "The passkey does not prove who you are.",
    wayOut: "The answer says why. Ask POST /auth/step-up/options anew, or give password and code.",
  },
  passkey_not_accepted: {
    kind: "invalid",
    title: "The passkey cannot be registered.",
    wayOut: "The answer says why. Ask POST /users/me/passkeys/options anew.",
  },
  passkey_exists: {
    kind: "conflict",
    title: "This passkey is registered already.",
    wayOut: "Use it, or register another.",
  },
  too_many_passkeys: {
    kind: "refused",
    title: "You have twenty passkeys.",
    wayOut: "Remove one that you no longer use.",
  },
  wrong_code: {
    kind: "refused",
    title: "The code is wrong, or was used before.",
    wayOut: "Wait for the app's next code, or use a backup code or a passkey.",
  },
  step_up_required: {
    kind: "forbidden",
    title: "This needs a proof of who you are that is no older than ten minutes.",
    wayOut:
      "POST /auth/step-up, then repeat with the access token that it answers; with a token of another issuer, sign in there again.",
  },
  factor_exists: {
    kind: "conflict",
    title: "An authenticator app is in use already.",
    wayOut: "Remove it first.",
  },
  no_such_factor: {
    kind: "not_found",
    title: "There is no such second factor.",
    wayOut: "GET /users/me/factors lists them.",
  },
  signing_key_pending: {
    kind: "conflict",
    title: "A new key is published already and has not begun to sign.",
    wayOut: "Wait until it signs, or rotate with the mode `immediate` or `compromised`.",
  },
  no_such_api_key: {
    kind: "not_found",
    title: "This user has no such API key.",
    wayOut: "GET /users/me/api-keys lists one's own, GET /admin/users/:id/api-keys those of others.",
  },
  no_such_session: {
    kind: "not_found",
    title: "There is no such session, or it has ended.",
    wayOut: "GET /users/me/sessions lists them.",
  },
} as const satisfies Record<string, ErrorEntry>;

export const identityError = refusalsOf(IDENTITY_ERRORS);
