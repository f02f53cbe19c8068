// Routes of the second factor and of proving oneself again.
import { type HttpServer, readFullOrigin } from "../../../http/index.ts";
import { RequestOptions } from "../passkeys/passkey-schemas.ts";
import { readAssertion } from "../passkeys/read-passkey.ts";
import {
  BackupCodes,
  CodeInput,
  FactorList,
  MessageAnswer,
  StepUpAnswer,
  StepUpInput,
  TotpSecret,
} from "../schemas.ts";
import type { Identity } from "../settings.ts";
import { dropTotp, finishTotp, listFactors, renewBackupCodes, startTotp } from "./second-factor.ts";
import { startStepUp, stepUp } from "./step-up.ts";

const TAG = { "x-keyless": true, tags: ["Second factor"] };

export function addFactorRoutes(server: HttpServer, identity: Identity): void {
  server.post(
    "/auth/step-up",
    {
      schema: {
        ...TAG,
        operationId: "stepUp",
        summary: "Prove again who you are, for sensitive acts within ten minutes",
        body: StepUpInput,
        response: { 200: StepUpAnswer },
      },
    },
    async (request, reply) => {
      const context = { actor: request.actor, origin: readFullOrigin(request) };
      const { passkey, ...proof } = request.body;
      const signed = passkey === undefined ? undefined : readAssertion(passkey);
      const granted = await stepUp(identity, { ...proof, passkey: signed }, context);
      const { accessToken: access_token, expiresInSeconds: expires_in } = granted;
      return reply
        .header("cache-control", "no-store")
        .send({ access_token, token_type: "Bearer" as const, expires_in });
    },
  );

  server.post(
    "/auth/step-up/options",
    {
      schema: {
        ...TAG,
        operationId: "stepUpOptions",
        summary: "What a passkey is to sign for a step-up",
        response: { 200: RequestOptions },
      },
    },
    async ({ actor }, reply) =>
      reply.header("cache-control", "no-store").send(await startStepUp(identity, actor)),
  );

  server.get(
    "/users/me/factors",
    {
      schema: {
        ...TAG,
        operationId: "listMyFactors",
        summary: "My second factors",
        response: { 200: FactorList },
      },
    },
    async ({ actor }) => listFactors(identity, actor),
  );
  addTotpRoutes(server, identity);
}

function addTotpRoutes(server: HttpServer, identity: Identity): void {
  server.post(
    "/users/me/factors/totp",
    {
      schema: {
        ...TAG,
        operationId: "beginTotp",
        summary: "Begin to use an authenticator app",
        response: { 200: TotpSecret },
      },
    },
    async (request, reply) => {
      const secret = await startTotp(identity, { actor: request.actor, origin: readFullOrigin(request) });
      return reply.header("cache-control", "no-store").send(secret);
    },
  );

  server.post(
    "/users/me/factors/totp/confirm",
    {
      schema: {
        ...TAG,
        operationId: "confirmTotp",
        summary: "Confirm the app with one of its codes; answers the backup codes, this once",
        body: CodeInput,
        response: { 200: BackupCodes },
      },
    },
    async (request, reply) => {
      const context = { actor: request.actor, origin: readFullOrigin(request) };
      const backup_codes = await finishTotp(identity, request.body.code, context);
      return reply.header("cache-control", "no-store").send({ backup_codes });
    },
  );

  server.post(
    "/users/me/factors/backup-codes",
    {
      schema: {
        ...TAG,
        operationId: "renewBackupCodes",
        summary: "Make new backup codes",
        response: { 200: BackupCodes },
      },
    },
    async (request, reply) => {
      const context = { actor: request.actor, origin: readFullOrigin(request) };
      const backup_codes = await renewBackupCodes(identity, context);
      return reply.header("cache-control", "no-store").send({ backup_codes });
    },
  );

  server.delete(
    "/users/me/factors/totp",
    {
      schema: {
        ...TAG,
        operationId: "removeTotp",
        summary: "Stop using the authenticator app",
        response: { 200: MessageAnswer },
      },
    },
    async (request) => {
      await dropTotp(identity, { actor: request.actor, origin: readFullOrigin(request) });
      return { message: "The authenticator app is no longer asked for." };
    },
  );
}
