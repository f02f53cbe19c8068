// Routes of API keys: those of the caller, and those of the users that programs sign in as.
import type { FastifyRequest } from "fastify";
import type { Static } from "typebox";
import { addRoute, type HttpServer, readContext } from "../../../http/index.ts";
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
const making = { ...TAG, body: ApiKeyInput, answer: NewApiKeyAnswer, status: 201 as const, isSecret: true };

export function addApiKeyRoutes(server: HttpServer, identity: Identity): void {
  addOwn(server, identity);
  addOthers(server, identity);
}

function addOwn(server: HttpServer, identity: Identity): void {
  addRoute(server, {
    url: "/users/me/api-keys",
    ...TAG,
    operationId: "listMyApiKeys",
    summary: "My API keys",
    answer: ApiKeyList,
    run: async ({ actor }) => ({
      api_keys: (await listApiKeys(identity, readOwnId(actor))).map(describeApiKey),
    }),
  });

  addRoute(server, {
    method: "POST",
    url: "/users/me/api-keys",
    ...making,
    operationId: "addMyApiKey",
    summary: "Make an API key; it is shown this once",
    run: (request) => makeApiKey(identity, request, readOwnId(request.actor)),
  });

  addRoute(server, {
    method: "DELETE",
    url: "/users/me/api-keys/:id",
    ...TAG,
    operationId: "revokeMyApiKey",
    summary: "Revoke one of my API keys",
    params: ApiKeyPath,
    answer: MessageAnswer,
    run: async (request) => {
      const which = { userId: readOwnId(request.actor), id: request.params.id };
      await revokeApiKey(identity, which, readContext(request));
      return { message: "The API key is void." };
    },
  });
}

function addOthers(server: HttpServer, identity: Identity): void {
  addRoute(server, {
    url: "/admin/users/:id/api-keys",
    ...TAG,
    operationId: "listUserApiKeys",
    summary: "A user's API keys, without what makes them work",
    params: UserPath,
    answer: ApiKeyList,
    run: async ({ params }) => ({
      api_keys: (await listUserApiKeys(identity, params.id)).map(describeApiKey),
    }),
  });

  addRoute(server, {
    method: "POST",
    url: "/admin/users/:id/api-keys",
    ...making,
    params: UserPath,
    operationId: "addUserApiKey",
    summary: "Make an API key for a program: a user whose only role is service; people make their own",
    run: (request) => makeApiKey(identity, request, request.params.id),
  });

  addRoute(server, {
    method: "DELETE",
    url: "/admin/users/:id/api-keys/:keyId",
    ...TAG,
    operationId: "revokeUserApiKey",
    summary: "Revoke a user's API key; void at once everywhere, and once more does nothing",
    params: UserApiKeyPath,
    answer: MessageAnswer,
    run: async (request) => {
      const { id: userId, keyId: id } = request.params;
      await revokeUserApiKey(identity, { userId, id }, readContext(request));
      return { message: "The API key is void." };
    },
  });
}

/** Also answers the key itself, which can never be read again. */
async function makeApiKey(
  identity: Identity,
  request: FastifyRequest & { readonly body: Static<typeof ApiKeyInput> },
  userId: string,
) {
  const { scopes, expires_in_days: expiresInDays = 90 } = request.body;
  const name = readName(request.body.name, "name");
  const wish = { userId, name, scopes, expiresInDays };
  const { apiKey, key } = await addApiKey(identity, wish, readContext(request));
  return { ...describeApiKey(apiKey), key };
}
