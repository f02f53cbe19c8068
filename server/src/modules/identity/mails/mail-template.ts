// The texts of the mails: plain, short, and with nothing personal except the name that the user chose.

import { UNDO_MS } from "../addresses/email-change.ts";

/** Binds `identity.mails.login` to its column. */
export const LOGIN_CONTEXT = "identity.mails.login";

const CONFIRM_MS = 48 * 3_600_000;

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export type MailTemplate =
  | "verify_email"
  | "reset_password"
  | "change_email"
  | "email_change_asked"
  | "email_changed"
  | "account_emptied"
  | "password_changed"
  | "api_key_made"
  | "factor_changed"
  | "factors_removed"
  | "passkey_suspended";

export type LinkPurpose = "verify_email" | "reset_password" | "change_email" | "undo_email_change";

/** What the link in a mail is for and how long it is good; absent for mails without a link. */
export const LINKS: ReadonlyMap<
  MailTemplate,
  { readonly purpose: LinkPurpose; readonly lifetimeMs: number }
> = new Map([
  ["verify_email", { purpose: "verify_email", lifetimeMs: CONFIRM_MS }],
  ["reset_password", { purpose: "reset_password", lifetimeMs: 3_600_000 }],
  ["change_email", { purpose: "change_email", lifetimeMs: CONFIRM_MS }],
  ["email_change_asked", { purpose: "undo_email_change", lifetimeMs: CONFIRM_MS + UNDO_MS }],
  ["email_changed", { purpose: "undo_email_change", lifetimeMs: UNDO_MS }],
]);
export const LINK_TEMPLATES: readonly MailTemplate[] = [...LINKS.keys()];

export interface MailWords {
  readonly username: string;
  readonly publicUrl: string;
  /** The one-time token, for templates with a link. */
  readonly token: string;
}

const TEMPLATES: Readonly<Record<MailTemplate, (words: MailWords) => Omit<Mail, "to">>> = {
  verify_email: ({ username, publicUrl, token }) => ({
    subject: "Confirm your e-mail address",
    text: `Hello ${username},

please confirm that this address is yours:

${publicUrl}/api/v1/auth/email/verify?token=${token}

The link is good for 48 hours. If you did not register, ignore this mail.
`,
  }),
  reset_password: ({ username, publicUrl, token }) => ({
    subject: "Set a new password",
    text: `Hello ${username},

somebody, probably you, asked to set a new password for your account:

${publicUrl}/api/v1/auth/password/reset?token=${token}

The link is good for one hour and works once. If it was not you, ignore this mail: nothing has changed.
`,
  }),
  password_changed: ({ username }) => ({
    subject: "Your password was changed",
    text: `Hello ${username},

the password of your account was just changed, and everybody who was signed in elsewhere was signed out.
API keys keep working; whoever may have got hold of one, revoke it.
If it was not you, set a new password at once, look through your API keys, and tell the operator.
`,
  }),
  change_email: ({ username, publicUrl, token }) => ({
    subject: "Confirm your new e-mail address",
    text: `Hello ${username},

please confirm that this address is yours, and from now on that of your account:

${publicUrl}/api/v1/auth/email/verify?token=${token}

The link is good for 48 hours. If you did not ask for it, ignore this mail: nothing has changed.
`,
  }),
  email_change_asked: ({ username, publicUrl, token }) => ({
    subject: "Another e-mail address was asked for",
    text: `Hello ${username},

somebody, probably you, asked to change the address of your account. It stays this one until the new one is confirmed.
If it was not you, stop it here, until seven days after it was confirmed:

${publicUrl}/api/v1/auth/email/undo?token=${token}

It ends everybody's sessions. Then set a new password, and tell the operator.
`,
  }),
  email_changed: ({ username, publicUrl, token }) => ({
    subject: "The e-mail address of your account was changed",
    text: `Hello ${username},

the address of your account was just changed to another one, which has confirmed it.
If it was not you, take it back here, for seven days:

${publicUrl}/api/v1/auth/email/undo?token=${token}

It ends everybody's sessions. Then set a new password, and tell the operator.
`,
  }),
  account_emptied: ({ username }) => ({
    subject: "Your address is confirmed; set a new password",
    text: `Hello ${username},

this address was just confirmed for the first time, without the password. Anybody could have added something to the account
before that, so its API keys, passkeys and authenticator app were removed, and its password too.
Set a new one: ask for a link where you sign in.
`,
  }),
  api_key_made: ({ username }) => ({
    subject: "An API key was made for your account",
    text: `Hello ${username},

an API key was just made with which a program can act in the name of your account, within the key's scopes.
If neither you nor an administrator you asked made it, revoke it at once and tell the operator.
`,
  }),
  factor_changed: ({ username }) => ({
    subject: "Your second factor was changed",
    text: `Hello ${username},

a second factor of your account (an authenticator app, backup codes or a passkey) was just added or removed.
If it was not you, change your password at once and tell the operator.
`,
  }),
  factors_removed: ({ username }) => ({
    subject: "The second factors of your account were removed",
    text: `Hello ${username},

an administrator just removed all second factors of your account (authenticator app, passkeys, backup codes), and you were
signed out everywhere. Sign in with your password, and add a new one.
If you did not ask for it, set a new password at once and tell the operator.
`,
  }),
  passkey_suspended: ({ username }) => ({
    subject: "A passkey of your account was suspended",
    text: `Hello ${username},

a passkey of your account was just used in a way that suggests that somebody has a copy of it. It no longer signs in.
Sign in with your password and a code or backup code, remove the passkey, change your password, and tell the operator.
`,
  }),
};

export function writeMail(template: MailTemplate, to: string, words: MailWords): Mail {
  return { to, ...TEMPLATES[template](words) };
}
