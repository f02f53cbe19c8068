// Routes of API keys: of one's own, and of the users that programs come in as.
import { type HttpServer, readFullOrigin } from "../../gateway/index.ts";
import { describeApiKey } from "./api-key.ts";
import { addApiKey, listApiKeys, revokeApiKey } from "./api-keys.ts";
import { ApiKeyInput, ApiKeyList, ApiKeyPath, MessageAnswer, NewApiKeyAnswer, UserPath } from "./schemas.ts";
import type { Identity } from "./settings.ts";
import { readOwnId } from "./user.ts";

const TAG = { "x-keyless": true, tags: ["API keys"] };

export function addApiKeyRoutes(server: HttpServer, identity: Identity): void {
  server.get(
    "/users/me/api-keys",
    {
      schema: { ...TAG, operationId: "listMyApiKeys", summary: "My API keys", response: { 200: ApiKeyList } },
    },
    async ({ actor }) => ({ api_keys: (await listApiKeys(identity, readOwnId(actor))).map(describeApiKey) }),
  );

  const making = { ...TAG, body: ApiKeyInput, response: { 201: NewApiKeyAnswer } };
  server.post(
    "/users/me/api-keys",
    { schema: { ...making, operationId: "addMyApiKey", summary: "Make an API key; it is shown this once" } },
    async (request, reply) => {
      const { name, scopes, expires_in_days: expiresInDays = 90 } = request.body;
      const context = { actor: request.actor, origin: readFullOrigin(request) };
      const wish = { userId: readOwnId(request.actor), name, scopes, expiresInDays };
      const { apiKey, key } = await addApiKey(identity, wish, context);
      return reply
        .code(201)
        .header("cache-control", "no-store")
        .send({ ...describeApiKey(apiKey), key });
    },
  );

  server.post(
    "/admin/users/:id/api-keys",
    {
      schema: {
        ...making,
        params: UserPath,
        operationId: "addUserApiKey",
        summary: "Make an API key for a user, such as a program's",
      },
    },
    async (request, reply) => {
      const { name, scopes, expires_in_days: expiresInDays = 90 } = request.body;
      const context = { actor: request.actor, origin: readFullOrigin(request) };
      const wish = { userId: request.params.id, name, scopes, expiresInDays };
      const { apiKey, key } = await addApiKey(identity, wish, context);
      return reply
        .code(201)
        .header("cache-control", "no-store")
        .send({ ...describeApiKey(apiKey), key });
    },
  );

  server.delete(
    "/users/me/api-keys/:id",
    {
      schema: {
        ...TAG,
        operationId: "revokeMyApiKey",
        summary: "Revoke one of my API keys",
        params: ApiKeyPath,
        response: { 200: MessageAnswer },
      },
    },
    async (request) => {
      const which = { userId: readOwnId(request.actor), id: request.params.id };
      await revokeApiKey(identity, which, { actor: request.actor, origin: readFullOrigin(request) });
      return { message: "The API key is void." };
    },
  );
}
