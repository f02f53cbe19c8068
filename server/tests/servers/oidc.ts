// A real OpenID Connect provider in a process of its own, with the signing keys (JWKs) of its arguments. Its clients get
// access tokens for the resource "urn:countinghouse" by client credentials: "till" signed by the first key, "edge" by the
// last. It serves its keys at Entra's path too.
import { createServer } from "node:http";

const name = "oidc-provider"; // brings no types
const { default: Provider } = await import(name);
const keys = process.argv.slice(2).map((argument) => JSON.parse(argument));
const RESOURCE = "urn:countinghouse";
const listener = createServer();
listener.listen(0, "127.0.0.1", () => {
  const address = listener.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    jwks: { keys },
    clients: ["till", "edge"].map((client_id) => ({
      client_id,
      client_secret: `${client_id}-secret`,
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
      id_token_signed_response_alg: "ES256",
    })),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        getResourceServerInfo: (_context: unknown, _resource: string, client: { clientId: string }) => ({
          scope: "transactions",
          audience: RESOURCE,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: keys.at(client.clientId === "edge" ? -1 : 0).alg } },
        }),
      },
    },
    extraTokenClaims: () => ({ roles: ["service"] }),
  });
  const serve = provider.callback();
  const { d: _secret, ...publicKey } = keys[0];
  listener.on("request", (request, response) => {
    if (request.url?.endsWith("/discovery/v2.0/keys") !== true) return serve(request, response);
    response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [publicKey] }));
  });
  console.log(JSON.stringify({ port }));
});
