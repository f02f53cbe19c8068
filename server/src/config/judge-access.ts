// Finds errors in the sign-in settings beyond each value's type.
import type { Config } from "./config.ts";
import { readPasskeySettings } from "./passkey-settings.ts";
import { findGuessableSecrets } from "./secrets.ts";

/** Browsers create passkeys only for pages of the domain itself or below it, and only over TLS except on localhost. */
function findPasskeyProblems(config: Config): string[] {
  if (!URL.canParse(config.PUBLIC_URL)) return []; // already reported
  const { rpId, origins } = readPasskeySettings(config);
  return origins.flatMap((origin) => {
    const url = URL.canParse(origin) ? new URL(origin) : undefined;
    if (url?.origin !== origin) return []; // already reported
    if (url.hostname !== rpId && !url.hostname.endsWith(`.${rpId}`))
      return [`WEBAUTHN_RP_ID must be the host of ${origin} or a domain above it, not "${rpId}"`];
    const isSafe = url.protocol === "https:" || url.hostname === "localhost";
    if (!isSafe && config.WEBAUTHN_ORIGINS !== undefined)
      return [`WEBAUTHN_ORIGINS must begin with https:// but for localhost, not "${origin}"`];
    return [];
  });
}

/** Errors that must stop the start, in words; empty where all is well. */
export function findUnsafeAccess(config: Config): string[] {
  return [...findGuessableSecrets(config), ...findUnsafeIssuers(config), ...findPasskeyProblems(config)];
}

function findUnsafeIssuers(config: Config): string[] {
  const problems: string[] = [];
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
