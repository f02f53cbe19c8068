// Brings up who may come in: identity with its jobs and mail, and the authenticator with all kinds of tokens.
import { availableParallelism } from "node:os";
import type { Config } from "../config/config.ts";
import { readPasskeySettings } from "../config/keys/access.ts";
import {
  type Authenticator,
  createAuthenticator,
  createLocalVerifier,
  type TokenSettings,
} from "../http/authenticate.ts";
import type { HttpServer, Routes } from "../http/index.ts";
import type { RateLimits } from "../http/rate-limit.ts";
import {
  addIdentityRootRoutes,
  createExternalVerifier,
  createMailbox,
  createSmtpTransport,
  type ExternalSettings,
  type IdentitySettings,
  identityRoutes,
  identityTasks,
  openIdentity,
  verifyAccessToken,
  verifyApiKey,
} from "../modules/identity/index.ts";
import { startSchedule } from "../modules/jobs/index.ts";
import type { Sql } from "../runtime/database.ts";
import type { Log } from "../runtime/log.ts";
import type { Vault } from "../runtime/vault/vault.ts";
import { openRefusals, type Refusals } from "./open-refusals.ts";

export interface AccessOptions {
  readonly db: Sql;
  readonly log: Log;
  readonly vault: Vault;
  /** Of tokens made by `countinghouse token`; undefined in production, which accepts none. */
  readonly localTokens: TokenSettings | undefined;
}

export interface Access {
  readonly authenticator: Authenticator;
  readonly routes: Routes;
  /** Adds what stands outside of /api/v1. */
  readonly addRootRoutes: (server: HttpServer) => void;
  /** Puts a refused request on the audit trail, where no command does. */
  readonly onRefused: Refusals["note"];
  readonly close: () => Promise<void>;
}

export async function openAccess(config: Config, options: AccessOptions): Promise<Access> {
  const { db, log, vault, localTokens } = options;
  const identity = await openIdentity({ db, log, vault, settings: readIdentitySettings(config) });
  const refusals = openRefusals(identity);
  const { transport, mailbox } = openMail(config, log);
  const schedule = startSchedule({ db, log, tasks: identityTasks(identity, transport) });
  const verifiers = [
    (token: string) => verifyAccessToken(identity, token),
    (token: string) => verifyApiKey(identity, token),
    createExternalVerifier(readExternalSettings(config)),
  ];
  const local = localTokens === undefined ? [] : [createLocalVerifier(localTokens)];
  return {
    authenticator: createAuthenticator([...verifiers, ...local]),
    routes: identityRoutes(identity),
    addRootRoutes: (server) => addIdentityRootRoutes(server, identity, mailbox),
    onRefused: refusals.note,
    close: async () => {
      await schedule.stop();
      await refusals.close();
      transport?.close();
      await identity.close();
    },
  };
}

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

/** One of the pool's four threads is left for tokens and files. */
function halfOfCores(): number {
  return Math.max(1, Math.min(3, Math.floor(availableParallelism() / 2)));
}

export function readExternalSettings(config: Config): ExternalSettings {
  const {
    AZURE_AD_TENANT_ID: tenantId,
    AZURE_AD_CLIENT_ID: clientId,
    AZURE_AD_AUTHORITY: authority,
  } = config;
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_ROLES_CLAIM: rolesClaim } = config;
  return {
    entra: tenantId === undefined || clientId === undefined ? undefined : { authority, tenantId, clientId },
    oidc: issuer === undefined || audience === undefined ? undefined : { issuer, audience, rolesClaim },
  };
}

export function readRateLimits(config: Config): RateLimits {
  return {
    login: config.RATE_LIMIT_LOGIN,
    anonymous: config.RATE_LIMIT_ANONYMOUS,
    user: config.RATE_LIMIT_USER,
    money: config.RATE_LIMIT_MONEY,
    staff: config.RATE_LIMIT_STAFF,
    key: config.RATE_LIMIT_KEY,
  };
}

/** Without SMTP_URL mails go to the mailbox while developing, and wait in production. */
function openMail(config: Config, log: Log) {
  if (config.SMTP_URL !== undefined)
    return { transport: createSmtpTransport(config.SMTP_URL, config.MAIL_FROM), mailbox: undefined };
  if (config.APP_ENV === "production") {
    log.warn("SMTP_URL is not set: no mail leaves, so nobody can confirm an address or reset a password");
    return { transport: undefined, mailbox: undefined };
  }
  const mailbox = createMailbox(log);
  return { transport: mailbox, mailbox };
}
