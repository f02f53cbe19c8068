// A real OpenID Connect provider in a process of its own, with the signing key (a JWK) of its first argument. Its clients
// get access tokens for the resource "urn:countinghouse" by client credentials. It serves its keys at Entra's path too.
import { createServer } from "node:http";

const name = "oidc-provider"; // brings no types
const { default: Provider } = await import(name);
const key = JSON.parse(process.argv[2] ?? "{}");
const RESOURCE = "urn:countinghouse";
const listener = createServer();
listener.listen(0, "127.0.0.1", () => {
  const address = listener.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    jwks: { keys: [key] },
    clients: [
      {
        client_id: "till",
        client_secret: "till-secret",
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: "ES256",
      },
    ],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        getResourceServerInfo: () => ({
          scope: "transactions",
          audience: RESOURCE,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "ES256" } },
        }),
      },
    },
    extraTokenClaims: () => ({ roles: ["service"] }),
  });
  const serve = provider.callback();
  const { d: _secret, ...publicKey } = key;
  listener.on("request", (request, response) => {
    if (request.url?.endsWith("/discovery/v2.0/keys") !== true) return serve(request, response);
    response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [publicKey] }));
  });
  console.log(JSON.stringify({ port }));
});
