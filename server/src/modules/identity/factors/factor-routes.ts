// Routes of the second factor and of step-up, where users prove again who they are.
import { addRoute, type HttpServer, readContext } from "../../../http/index.ts";
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
  addRoute(server, {
    method: "POST",
    url: "/auth/step-up",
    ...TAG,
    operationId: "stepUp",
    summary: "Prove again who you are, for sensitive acts within ten minutes",
    body: StepUpInput,
    answer: StepUpAnswer,
    isSecret: true,
    run: async (request) => {
      const { passkey, ...proof } = request.body;
      const signed = passkey === undefined ? undefined : readAssertion(passkey);
      const granted = await stepUp(identity, { ...proof, passkey: signed }, readContext(request));
      const { accessToken: access_token, expiresInSeconds: expires_in } = granted;
      return { access_token, token_type: "Bearer" as const, expires_in };
    },
  });

  addRoute(server, {
    method: "POST",
    url: "/auth/step-up/options",
    ...TAG,
    operationId: "stepUpOptions",
    summary: "What a passkey is to sign for a step-up",
    answer: RequestOptions,
    isSecret: true,
    run: async ({ actor }) => await startStepUp(identity, actor),
  });

  addRoute(server, {
    url: "/users/me/factors",
    ...TAG,
    operationId: "listMyFactors",
    summary: "My second factors",
    answer: FactorList,
    run: async ({ actor }) => listFactors(identity, actor),
  });
  addTotpRoutes(server, identity);
}

function addTotpRoutes(server: HttpServer, identity: Identity): void {
  addRoute(server, {
    method: "POST",
    url: "/users/me/factors/totp",
    ...TAG,
    operationId: "beginTotp",
    summary: "Begin to use an authenticator app",
    answer: TotpSecret,
    isSecret: true,
    run: async (request) => {
      const secret = await startTotp(identity, readContext(request));
      return secret;
    },
  });

  addRoute(server, {
    method: "POST",
    url: "/users/me/factors/totp/confirm",
    ...TAG,
    operationId: "confirmTotp",
    summary: "Confirm the app with one of its codes; answers the backup codes, this once",
    body: CodeInput,
    answer: BackupCodes,
    isSecret: true,
    run: async (request) => {
      const backup_codes = await finishTotp(identity, request.body.code, readContext(request));
      return { backup_codes };
    },
  });

  addRoute(server, {
    method: "POST",
    url: "/users/me/factors/backup-codes",
    ...TAG,
    operationId: "renewBackupCodes",
    summary: "Make new backup codes",
    answer: BackupCodes,
    isSecret: true,
    run: async (request) => {
      const backup_codes = await renewBackupCodes(identity, readContext(request));
      return { backup_codes };
    },
  });

  addRoute(server, {
    method: "DELETE",
    url: "/users/me/factors/totp",
    ...TAG,
    operationId: "removeTotp",
    summary: "Stop using the authenticator app",
    answer: MessageAnswer,
    run: async (request) => {
      await dropTotp(identity, readContext(request));
      return { message: "The authenticator app is no longer asked for." };
    },
  });
}
