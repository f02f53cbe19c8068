// Opens identity: keys and revocations in memory, the mail, the verifiers of all kinds of tokens, and the noting of refusals.

import { availableParallelism } from "node:os";
import type { Config } from "../../config/config.ts";
import { readPasskeySettings } from "../../config/passkey-settings.ts";
import type { TokenVerifier } from "../../http/authenticate.ts";
import { setTimesBack } from "../../runtime/clock-times-store.ts";
import type { Log } from "../../runtime/log.ts";
import type { Module } from "../module.ts";
import { verifyApiKey } from "./api-keys/api-keys.ts";
import { IDENTITY_ENCRYPTED } from "./encrypted-tables.ts";
import { identityTasks } from "./jobs.ts";
import { createMailbox, createSmtpTransport } from "./mails/mail-transport.ts";
import { openIdentity } from "./open-identity.ts";
import { openRefusals, type Refusals } from "./refusals/note-refusals.ts";
import { addIdentityRootRoutes, identityRoutes } from "./routes.ts";
import { verifyAccessToken } from "./sessions/access-token.ts";
import { createExternalVerifier, type ExternalSettings } from "./sessions/external-token.ts";
import type { Identity, IdentitySettings } from "./settings.ts";

export interface IdentityModuleSettings {
  readonly identity: IdentitySettings;
  readonly external: ExternalSettings;
  readonly mail: { readonly smtpUrl: string | undefined; readonly from: string };
}

export interface IdentityModule {
  readonly identity: Identity;
  /** The verifiers of tokens, in the order in which they are tried. */
  readonly verifiers: readonly TokenVerifier[];
  /** Puts a refused request on the audit trail, where no command does so. */
  readonly onRefused: Refusals["note"];
}

export const identity: Module<"identity", IdentityModuleSettings, object, IdentityModule> = {
  name: "identity",
  readSettings: (config) => ({
    identity: readIdentitySettings(config),
    external: readExternalSettings(config),
    mail: { smtpUrl: config.SMTP_URL, from: config.MAIL_FROM },
  }),
  encrypted: IDENTITY_ENCRYPTED,
  setTimesBack: setTimesBack([
    {
      table: "identity.sessions",
      made: ["created_at", "rotated_at", "confirmed_at", "last_used_at"],
      ends: ["expires_at"],
    },
    { table: "identity.api_keys", made: ["created_at"], ends: ["expires_at"] },
    { table: "identity.link_tokens", made: ["created_at"], ends: ["expires_at"] },
    { table: "identity.throttles", made: ["last_at"], ends: ["open_at"] },
    { table: "identity.email_changes", made: ["created_at", "confirmed_at"] },
    { table: "identity.challenges", due: ["expires_at"] },
    { table: "identity.mails", due: ["next_attempt_at"] },
  ]),
  open: async ({ db, log, vault }, settings) => {
    const opened = await openIdentity({ db, log, vault, settings: settings.identity });
    const refusals = openRefusals(opened);
    const { transport, mailbox } = openMail(settings, log);
    const verifiers: TokenVerifier[] = [
      (token) => verifyAccessToken(opened, token),
      (token) => verifyApiKey(opened, token),
      createExternalVerifier(settings.external),
    ];
    return {
      services: { identity: opened, verifiers, onRefused: refusals.note },
      routes: [identityRoutes(opened)],
      rootRoutes: [(server) => addIdentityRootRoutes(server, opened, mailbox)],
      tasks: identityTasks(opened, transport),
      close: async () => {
        await refusals.close();
        transport?.close();
        await opened.close();
      },
    };
  },
};

export function readIdentitySettings(config: Config): IdentitySettings {
  return {
    environment: config.APP_ENV,
    issuer: config.TOKEN_ISSUER,
    audience: config.JWT_AUDIENCE,
    accessTokenSeconds: config.ACCESS_TOKEN_SECONDS,
    signingKeyDays: config.SIGNING_KEY_DAYS,
    sessionIdleDays: config.SESSION_IDLE_DAYS,
    sessionMaxDays: config.SESSION_MAX_DAYS,
    publicUrl: config.PUBLIC_URL.replace(/\/+$/, ""),
    hashConcurrency: config.PASSWORD_HASH_CONCURRENCY ?? halfOfCores(),
    passkeys: readPasskeySettings(config),
  };
}

/** Leaves one of the pool's four threads free for tokens and files. */
function halfOfCores(): number {
  return Math.max(1, Math.min(3, Math.floor(availableParallelism() / 2)));
}

function readExternalSettings(config: Config): ExternalSettings {
  const {
    AZURE_AD_TENANT_ID: tenantId,
    AZURE_AD_CLIENT_ID: clientId,
    AZURE_AD_AUTHORITY: givenAuthority,
  } = config;
  const authority = givenAuthority.replace(/\/+$/, "");
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_ROLES_CLAIM: rolesClaim } = config;
  return {
    entra: tenantId === undefined || clientId === undefined ? undefined : { authority, tenantId, clientId },
    oidc: issuer === undefined || audience === undefined ? undefined : { issuer, audience, rolesClaim },
  };
}

/** Without a mail server, mails go to the mailbox in development, and wait in production. */
function openMail({ mail, identity: { environment } }: IdentityModuleSettings, log: Log) {
  if (mail.smtpUrl !== undefined)
    return { transport: createSmtpTransport(mail.smtpUrl, mail.from), mailbox: undefined };
  if (environment === "production") {
    log.warn("SMTP_URL is not set: no mail leaves, so nobody can confirm an address or reset a password");
    return { transport: undefined, mailbox: undefined };
  }
  const mailbox = createMailbox(log);
  return { transport: mailbox, mailbox };
}
