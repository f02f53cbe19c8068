// The secret and the audience of access tokens. Separate from app.ts, so that `token` need not load a whole server.
import { join, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import type { TokenSettings } from "../http/authenticate.ts";
import { readOrCreateSecret } from "../runtime/files/secret-file.ts";

/** Creates the secret in DATA_DIR where JWT_SECRET_KEY is not set and no earlier start has created it. */
export function readTokenSettings(config: Config): TokenSettings {
  const secret =
    config.JWT_SECRET_KEY ?? readOrCreateSecret(join(resolve(config.DATA_DIR), "jwt-secret"), 48);
  return { secret, audience: config.JWT_AUDIENCE };
}
