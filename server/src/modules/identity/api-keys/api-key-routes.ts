// Routes of API keys: of one's own, and of the users that programs come in as.
import { type HttpServer, readFullOrigin } from "../../../http/index.ts";
import { readName } from "../../../values/names.ts";
import {
  ApiKeyInput,
  ApiKeyList,
  ApiKeyPath,
  MessageAnswer,
  NewApiKeyAnswer,
  UserApiKeyPath,
  UserPath,
} from "../schemas.ts";
import type { Identity } from "../settings.ts";
import { readOwnId } from "../users/user.ts";
import { describeApiKey } from "./api-key.ts";
import { addApiKey, listApiKeys, listUserApiKeys, revokeApiKey, revokeUserApiKey } from "./api-keys.ts";

const TAG = { "x-keyless": true, tags: ["API keys"] };
const making = { ...TAG, body: ApiKeyInput, response: { 201: NewApiKeyAnswer } };

export function addApiKeyRoutes(server: HttpServer, identity: Identity): void {
  addOwn(server, identity);
  addOthers(server, identity);
}

function addOwn(server: HttpServer, identity: Identity): void {
  server.get(
    "/users/me/api-keys",
    {
      schema: { ...TAG, operationId: "listMyApiKeys", summary: "My API keys", response: { 200: ApiKeyList } },
    },
    async ({ actor }) => ({ api_keys: (await listApiKeys(identity, readOwnId(actor))).map(describeApiKey) }),
  );

  server.post(
    "/users/me/api-keys",
    { schema: { ...making, operationId: "addMyApiKey", summary: "Make an API key; it is shown this once" } },
    async (request, reply) => {
      const { scopes, expires_in_days: expiresInDays = 90 } = request.body;
      const name = readName(request.body.name, "name");
      const context = { actor: request.actor, origin: readFullOrigin(request) };
      const wish = { userId: readOwnId(request.actor), name, scopes, expiresInDays };
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

function addOthers(server: HttpServer, identity: Identity): void {
  server.get(
    "/admin/users/:id/api-keys",
    {
      schema: {
        ...TAG,
        operationId: "listUserApiKeys",
        summary: "A user's API keys, without what makes them work",
        params: UserPath,
        response: { 200: ApiKeyList },
      },
    },
    async ({ params }) => ({
      api_keys: (await listUserApiKeys(identity, params.id)).map(describeApiKey),
    }),
  );

  server.post(
    "/admin/users/:id/api-keys",
    {
      schema: {
        ...making,
        params: UserPath,
        operationId: "addUserApiKey",
        summary: "Make an API key for a program: a user whose only role is service; people make their own",
      },
    },
    async (request, reply) => {
      const { scopes, expires_in_days: expiresInDays = 90 } = request.body;
      const name = readName(request.body.name, "name");
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
    "/admin/users/:id/api-keys/:keyId",
    {
      schema: {
        ...TAG,
        operationId: "revokeUserApiKey",
        summary: "Revoke a user's API key; void at once everywhere, and once more does nothing",
        params: UserApiKeyPath,
        response: { 200: MessageAnswer },
      },
    },
    async (request) => {
      const { id: userId, keyId: id } = request.params;
      const context = { actor: request.actor, origin: readFullOrigin(request) };
      await revokeUserApiKey(identity, { userId, id }, context);
      return { message: "The API key is void." };
    },
  );
}
