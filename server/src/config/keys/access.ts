// The settings of who may come in and of mail, which config.ts reads with all others; and what is wrong with their values.
import type { Config, ConfigKey } from "../config.ts";
import { findGuessableSecrets } from "../secrets.ts";

export const ACCESS_KEYS = [
  {
    name: "TOKEN_ISSUER",
    group: "Access",
    type: "string",
    default: "countinghouse",
    description: "The issuer that our own access tokens name.",
  },
  {
    name: "ACCESS_TOKEN_SECONDS",
    group: "Access",
    type: "integer",
    minimum: 60,
    maximum: 3_600,
    default: "600",
    description: "For how long an access token is good; a session gets the next one with its refresh token.",
  },
  {
    name: "SIGNING_KEY_DAYS",
    group: "Access",
    type: "integer",
    minimum: 1,
    maximum: 365,
    default: "30",
    description:
      "For how long a key signs access tokens before the next one takes over by itself; `signing-keys rotate` does it at once.",
  },
  {
    name: "SESSION_IDLE_DAYS",
    group: "Access",
    type: "integer",
    minimum: 1,
    maximum: 365,
    default: "14",
    description: "A session that was not used for so long is over.",
  },
  {
    name: "SESSION_MAX_DAYS",
    group: "Access",
    type: "integer",
    minimum: 1,
    maximum: 365,
    default: "90",
    description: "A session is over after so long, used or not.",
  },
  {
    name: "PASSWORD_HASH_CONCURRENCY",
    group: "Access",
    type: "integer",
    minimum: 1,
    maximum: 4,
    default: undefined,
    description:
      "Password hashes computed at once, each about 20 ms of a core and 19 MiB; more logins wait, then get 503. Unset: half of the cores, at most 3, so that payments keep the other half.",
  },
  {
    name: "STEP_UP_LIMITS",
    group: "Access",
    type: "json",
    default: '{"EUR":"1000","USD":"1000","GBP":"1000","CHF":"1000"}',
    description:
      "Amounts by currency above which whoever is signed in must have proved who they are in the last ten minutes to pay out; {} asks nobody.",
  },
  {
    name: "WEBAUTHN_RP_ID",
    group: "Access",
    type: "string",
    default: undefined,
    description:
      "The domain that passkeys are bound to for good, such as example.com; unset, the host of PUBLIC_URL.",
  },
  {
    name: "WEBAUTHN_ORIGINS",
    group: "Access",
    type: "string",
    default: undefined,
    description:
      "Origins of the pages that may use passkeys, separated by commas: https://shop.example.com; unset, that of PUBLIC_URL.",
  },
  {
    name: "AZURE_AD_TENANT_ID",
    group: "External identity",
    type: "string",
    default: undefined,
    description: "Tenant of Microsoft Entra ID whose access tokens (v1 and v2) are accepted.",
  },
  {
    name: "AZURE_AD_CLIENT_ID",
    group: "External identity",
    type: "string",
    default: undefined,
    description: "Our application in that tenant: the audience that its tokens must name.",
  },
  {
    name: "AZURE_AD_AUTHORITY",
    group: "External identity",
    type: "string",
    default: "https://login.microsoftonline.com",
    description: "Where Entra ID is; other for sovereign clouds.",
  },
  {
    name: "OIDC_ISSUER",
    group: "External identity",
    type: "string",
    default: undefined,
    description: "Another OpenID Connect issuer whose access tokens (RFC 9068, typ at+jwt) are accepted.",
  },
  {
    name: "OIDC_AUDIENCE",
    group: "External identity",
    type: "string",
    default: undefined,
    description: "The audience that OIDC_ISSUER's tokens must name.",
  },
  {
    name: "OIDC_ROLES_CLAIM",
    group: "External identity",
    type: "string",
    default: "roles",
    description: "The claim of OIDC_ISSUER's tokens that lists our roles.",
  },
  {
    name: "RATE_LIMIT_LOGIN",
    group: "Edge",
    type: "integer",
    minimum: 0,
    maximum: 10_000_000,
    default: "120",
    description:
      "Requests a minute per network (IPv4 address, IPv6 /64) for signing in and up, refreshing and resetting; 0: no limit.",
  },
  {
    name: "RATE_LIMIT_ANONYMOUS",
    group: "Edge",
    type: "integer",
    minimum: 0,
    maximum: 10_000_000,
    default: "300",
    description:
      "Requests a minute per network whose token is refused; good ones are not counted; 0: no limit.",
  },
  {
    name: "RATE_LIMIT_USER",
    group: "Edge",
    type: "integer",
    minimum: 0,
    maximum: 10_000_000,
    default: "1200",
    description: "Requests a minute of one customer; 0: no limit.",
  },
  {
    name: "RATE_LIMIT_MONEY",
    group: "Edge",
    type: "integer",
    minimum: 0,
    maximum: 10_000_000,
    default: "240",
    description: "Requests a minute of one customer that move money; 0: no limit.",
  },
  {
    name: "RATE_LIMIT_STAFF",
    group: "Edge",
    type: "integer",
    minimum: 0,
    maximum: 10_000_000,
    default: "0",
    description: "Requests a minute of one member of staff or program; 0: no limit.",
  },
  {
    name: "RATE_LIMIT_KEY",
    group: "Edge",
    type: "integer",
    minimum: 0,
    maximum: 10_000_000,
    default: "60000",
    description:
      "Requests a minute with one API key, of staff and programs too; half of them may come at once; 0: no limit.",
  },
  {
    name: "TRUSTED_HOSTS",
    group: "Edge",
    type: "string",
    default: undefined,
    description: "Host names that are served, separated by commas; unset: any.",
  },
  {
    name: "TRUSTED_PROXIES",
    group: "Edge",
    type: "string",
    default: undefined,
    description:
      "Addresses or networks of proxies whose X-Forwarded-For is believed, separated by commas: 10.0.0.0/8,::1.",
  },
  {
    name: "CORS_ORIGINS",
    group: "Edge",
    type: "string",
    default: undefined,
    description:
      "Origins whose pages may call the API from a browser, separated by commas: https://shop.example.",
  },
  {
    name: "PUBLIC_URL",
    group: "Mail",
    type: "string",
    default: "http://localhost:8000",
    description: "Where people reach the program, for the links in mails; unset, localhost at PORT.",
  },
  {
    name: "SMTP_URL",
    group: "Mail",
    type: "string",
    default: undefined,
    secret: true,
    description:
      "Mail server, smtps://user:password@host:465; unset, /dev/mailbox shows the mails while developing, and none leaves in production.",
  },
  {
    name: "MAIL_FROM",
    group: "Mail",
    type: "string",
    default: "Countinghouse <no-reply@localhost>",
    description: "The sender of mails.",
  },
] as const satisfies readonly ConfigKey[];

/** The domain and the origins of passkeys, as the configuration says or PUBLIC_URL suggests. */
export function readPasskeySettings(config: Config): { rpId: string; origins: readonly string[] } {
  const { origin, hostname } = new URL(config.PUBLIC_URL);
  const origins = splitList(config.WEBAUTHN_ORIGINS);
  return { rpId: config.WEBAUTHN_RP_ID ?? hostname, origins: origins.length === 0 ? [origin] : origins };
}

/** "a, b" of the configuration as a list. */
export function splitList(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** Browsers make passkeys only for pages of the domain itself or below, and only over TLS but on localhost. */
function findPasskeyProblems(config: Config): string[] {
  if (!URL.canParse(config.PUBLIC_URL)) return []; // said already
  const { rpId, origins } = readPasskeySettings(config);
  return origins.flatMap((origin) => {
    const url = URL.canParse(origin) ? new URL(origin) : undefined;
    if (url === undefined || url.origin !== origin)
      return [`WEBAUTHN_ORIGINS must list origins such as https://shop.example.com, not "${origin}"`];
    if (url.hostname !== rpId && !url.hostname.endsWith(`.${rpId}`))
      return [`WEBAUTHN_RP_ID must be the host of ${origin} or a domain above it, not "${rpId}"`];
    const isSafe = url.protocol === "https:" || url.hostname === "localhost";
    if (!isSafe && config.WEBAUTHN_ORIGINS !== undefined)
      return [`WEBAUTHN_ORIGINS must begin with https:// but for localhost, not "${origin}"`];
    return [];
  });
}

/** What must not be started with, in words; empty where all is well. */
export function findUnsafeAccess(config: Config): string[] {
  return [...findGuessableSecrets(config), ...findMalformedUrls(config), ...findPasskeyProblems(config)];
}

function findMalformedUrls(config: Config): string[] {
  const problems: string[] = [];
  if (!/^https?:\/\//.test(config.PUBLIC_URL) || !URL.canParse(config.PUBLIC_URL))
    problems.push("PUBLIC_URL must be a URL that begins with http:// or https://");
  if (
    config.SMTP_URL !== undefined &&
    !(/^smtps?:\/\//.test(config.SMTP_URL) && URL.canParse(config.SMTP_URL))
  )
    problems.push("SMTP_URL must be a URL that begins with smtp:// or smtps://");
  if ((config.AZURE_AD_TENANT_ID === undefined) !== (config.AZURE_AD_CLIENT_ID === undefined))
    problems.push("AZURE_AD_TENANT_ID and AZURE_AD_CLIENT_ID must be set both or neither");
  if ((config.OIDC_ISSUER === undefined) !== (config.OIDC_AUDIENCE === undefined))
    problems.push("OIDC_ISSUER and OIDC_AUDIENCE must be set both or neither");
  if (config.OIDC_ISSUER !== undefined && config.OIDC_ISSUER === config.TOKEN_ISSUER)
    problems.push("TOKEN_ISSUER must differ from OIDC_ISSUER: a token's issuer says whose keys prove it");
  if (config.APP_ENV === "production" && config.OIDC_ISSUER?.startsWith("https://") === false)
    problems.push("OIDC_ISSUER must begin with https:// in production");
  return problems;
}
