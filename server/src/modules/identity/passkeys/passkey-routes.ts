// Routes of passkeys: a user's own passkeys, and signing in with one.
import { addRoute, type HttpServer, readContext, readFullOrigin } from "../../../http/index.ts";
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
  addRoute(server, {
    method: "POST",
    url: "/auth/passkey/options",
    config,
    ...OPEN,
    operationId: "passkeyOptions",
    summary: "What a passkey is to sign to sign in without a name",
    answer: RequestOptions,
    isSecret: true,
    run: async () => await startPasskeyLogin(identity),
  });

  addRoute(server, {
    method: "POST",
    url: "/auth/passkey/login",
    config,
    ...OPEN,
    operationId: "logInByPasskey",
    summary: "Sign in by a passkey alone",
    body: PasskeyLoginInput,
    answer: TokenAnswer,
    isSecret: true,
    run: async (request) => {
      const { passkey, device_token: deviceToken } = request.body;
      const login = { passkey: readAssertion(passkey), deviceToken, origin: readFullOrigin(request) };
      return describeLogin(await logInByPasskey(identity, login));
    },
  });
}

export function addPasskeyRoutes(server: HttpServer, identity: Identity): void {
  addRoute(server, {
    url: "/users/me/passkeys",
    ...TAG,
    operationId: "listMyPasskeys",
    summary: "My passkeys",
    answer: PasskeyList,
    run: async ({ actor }) => ({ passkeys: (await listPasskeys(identity, actor)).map(describePasskey) }),
  });

  addRoute(server, {
    method: "POST",
    url: "/users/me/passkeys/options",
    ...TAG,
    operationId: "passkeyCreationOptions",
    summary: "What a device is to make a passkey from",
    answer: CreationOptions,
    isSecret: true,
    run: async (request) => {
      return await startPasskey(identity, readContext(request));
    },
  });

  addRoute(server, {
    method: "POST",
    url: "/users/me/passkeys",
    ...TAG,
    operationId: "addMyPasskey",
    summary: "Register a passkey; with the first factor come backup codes, this once",
    body: PasskeyInput,
    answer: NewPasskeyAnswer,
    status: 201,
    isSecret: true,
    run: async (request) => {
      const name = readName(request.body.name, "name");
      const wish = { name, credential: readAttestation(request.body.credential) };
      const { passkey, backupCodes } = await finishPasskey(identity, wish, readContext(request));
      const codes = backupCodes === undefined ? {} : { backup_codes: backupCodes };
      return { ...describePasskey(passkey), ...codes };
    },
  });

  addRemoving(server, identity);
}

function addRemoving(server: HttpServer, identity: Identity): void {
  addRoute(server, {
    method: "DELETE",
    url: "/users/me/passkeys/:id",
    ...TAG,
    operationId: "removeMyPasskey",
    summary: "Remove one of my passkeys",
    params: UserPath,
    answer: MessageAnswer,
    run: async (request) => {
      await removePasskey(identity, request.params.id, readContext(request));
      return { message: "The passkey is void." };
    },
  });
}
