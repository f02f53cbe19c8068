// The domain and the origins of passkeys, from the configuration or else from PUBLIC_URL.
import type { Config } from "./config.ts";
import { splitList } from "./split-list.ts";

/** The domain and the origins of passkeys, from the configuration or else from PUBLIC_URL. */
export function readPasskeySettings(config: Config): { rpId: string; origins: readonly string[] } {
  const { origin, hostname } = new URL(config.PUBLIC_URL);
  const origins = splitList(config.WEBAUTHN_ORIGINS);
  return { rpId: config.WEBAUTHN_RP_ID ?? hostname, origins: origins.length === 0 ? [origin] : origins };
}
