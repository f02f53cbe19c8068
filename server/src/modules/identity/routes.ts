// Identity's routes, by resource.
import { type HttpServer, type Routes, takeForms } from "../../http/index.ts";
import { addAddressRoutes } from "./addresses/address-routes.ts";
import { addApiKeyRoutes } from "./api-keys/api-key-routes.ts";
import { addFactorRoutes } from "./factors/factor-routes.ts";
import type { Mailbox } from "./mails/mail-transport.ts";
import { addPasskeyRoutes, addPasskeySignIn } from "./passkeys/passkey-routes.ts";
import { addPasswordRoutes } from "./passwords/password-routes.ts";
import { addAuthRoutes } from "./sessions/auth-routes.ts";
import type { Identity } from "./settings.ts";
import { JWKS_MAX_AGE_SECONDS } from "./signing-keys/signing-key.ts";
import { addSigningKeyRoutes } from "./signing-keys/signing-key-routes.ts";
import { addAdminRoutes } from "./users/admin-routes.ts";
import { addUserRoutes } from "./users/user-routes.ts";

const FORM_BYTES_MAX = 16_384;

export function identityRoutes(identity: Identity): Routes {
  return (server) => {
    addUserRoutes(server, identity);
    addApiKeyRoutes(server, identity);
    addFactorRoutes(server, identity);
    addPasskeyRoutes(server, identity);
    addAdminRoutes(server, identity);
    addSigningKeyRoutes(server, identity);
    // Only here are forms accepted: everywhere else a body is JSON.
    server.register(async (scope) => {
      takeForms(scope as HttpServer, FORM_BYTES_MAX);
      addAuthRoutes(scope as HttpServer, identity);
      addPasswordRoutes(scope as HttpServer, identity);
      addAddressRoutes(scope as HttpServer, identity);
    });
    server.register(async (scope) => addPasskeySignIn(scope as HttpServer, identity)); // documented after passwords
  };
}

/** Outside /api/v1: the public keys of our tokens, and, while developing, the mails that would have been sent. */
export function addIdentityRootRoutes(server: HttpServer, identity: Identity, mailbox?: Mailbox): void {
  const config = { public: true };
  const tags = ["Operations"];
  server.get(
    "/.well-known/jwks.json",
    { config, schema: { tags, summary: "Public keys of access tokens", security: [] } },
    (_request, reply) =>
      reply.header("cache-control", `public, max-age=${JWKS_MAX_AGE_SECONDS}`).send(identity.keys.jwks()),
  );
  if (mailbox === undefined) return;
  server.get(
    "/dev/mailbox",
    { config, schema: { tags, summary: "Mails not sent (development)", security: [] } },
    () => ({
      mails: mailbox.mails(),
    }),
  );
}
