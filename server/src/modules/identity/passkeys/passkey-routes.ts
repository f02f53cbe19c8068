// Routes of passkeys: one's own, and signing in by them.
import { type HttpServer, readFullOrigin } from "../../../http/index.ts";
import { readName } from "../../../values/names.ts";
import { MessageAnswer, TokenAnswer, UserPath } from "../schemas.ts";
import { describeLogin } from "../sessions/auth-routes.ts";
import type { Identity } from "../settings.ts";
import { logInByPasskey, startPasskeyLogin } from "./log-in-passkey.ts";
import { describePasskey } from "./passkey.ts";
import {
  CreationOptions,
  NewPasskeyAnswer,
  PasskeyInput,
  PasskeyList,
  PasskeyLoginInput,
  RequestOptions,
} from "./passkey-schemas.ts";
import { readAssertion, readAttestation } from "./read-passkey.ts";
import { finishPasskey, listPasskeys, removePasskey, startPasskey } from "./register-passkey.ts";

const TAG = { "x-keyless": true, tags: ["Second factor"] };
const OPEN = { "x-keyless": true, tags: ["Sign in"], security: [] };
const config = { public: true, limit: "login" as const };

export function addPasskeySignIn(server: HttpServer, identity: Identity): void {
  server.post(
    "/auth/passkey/options",
    {
      config,
      schema: {
        ...OPEN,
        operationId: "passkeyOptions",
        summary: "What a passkey is to sign to sign in without a name",
        response: { 200: RequestOptions },
      },
    },
    async (_request, reply) =>
      reply.header("cache-control", "no-store").send(await startPasskeyLogin(identity)),
  );

  server.post(
    "/auth/passkey/login",
    {
      config,
      schema: {
        ...OPEN,
        operationId: "logInByPasskey",
        summary: "Sign in by a passkey alone",
        body: PasskeyLoginInput,
        response: { 200: TokenAnswer },
      },
    },
    async (request, reply) => {
      const { passkey, device_token: deviceToken } = request.body;
      const login = { passkey: readAssertion(passkey), deviceToken, origin: readFullOrigin(request) };
      return reply
        .header("cache-control", "no-store")
        .send(describeLogin(await logInByPasskey(identity, login)));
    },
  );
}

export function addPasskeyRoutes(server: HttpServer, identity: Identity): void {
  server.get(
    "/users/me/passkeys",
    {
      schema: {
        ...TAG,
        operationId: "listMyPasskeys",
        summary: "My passkeys",
        response: { 200: PasskeyList },
      },
    },
    async ({ actor }) => ({ passkeys: (await listPasskeys(identity, actor)).map(describePasskey) }),
  );

  server.post(
    "/users/me/passkeys/options",
    {
      schema: {
        ...TAG,
        operationId: "passkeyCreationOptions",
        summary: "What a device is to make a passkey from",
        response: { 200: CreationOptions },
      },
    },
    async (request, reply) => {
      const context = { actor: request.actor, origin: readFullOrigin(request) };
      return reply.header("cache-control", "no-store").send(await startPasskey(identity, context));
    },
  );

  server.post(
    "/users/me/passkeys",
    {
      schema: {
        ...TAG,
        operationId: "addMyPasskey",
        summary: "Register a passkey; with the first factor come backup codes, this once",
        body: PasskeyInput,
        response: { 201: NewPasskeyAnswer },
      },
    },
    async (request, reply) => {
      const name = readName(request.body.name, "name");
      const wish = { name, credential: readAttestation(request.body.credential) };
      const context = { actor: request.actor, origin: readFullOrigin(request) };
      const { passkey, backupCodes } = await finishPasskey(identity, wish, context);
      const codes = backupCodes === undefined ? {} : { backup_codes: backupCodes };
      return reply
        .code(201)
        .header("cache-control", "no-store")
        .send({ ...describePasskey(passkey), ...codes });
    },
  );

  addRemoving(server, identity);
}

function addRemoving(server: HttpServer, identity: Identity): void {
  server.delete(
    "/users/me/passkeys/:id",
    {
      schema: {
        ...TAG,
        operationId: "removeMyPasskey",
        summary: "Remove one of my passkeys",
        params: UserPath,
        response: { 200: MessageAnswer },
      },
    },
    async (request) => {
      const context = { actor: request.actor, origin: readFullOrigin(request) };
      await removePasskey(identity, request.params.id, context);
      return { message: "The passkey is void." };
    },
  );
}
