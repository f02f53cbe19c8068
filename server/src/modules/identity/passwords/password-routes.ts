// Routes of passwords.
import { type HttpServer, readFullOrigin } from "../../../http/index.ts";
import { renderResetPage } from "../mails/link-page.ts";
import { LINK_PAGE, sendLinkPage } from "../mails/link-routes.ts";
import { requestPasswordReset } from "../mails/request-mail.ts";
import {
  MessageAnswer,
  PasswordChangeInput,
  PasswordForgotInput,
  PasswordResetInput,
  ResetAnswer,
} from "../schemas.ts";
import type { Identity } from "../settings.ts";
import { changePassword, resetPassword } from "./change-password.ts";

const config = { public: true, limit: "login" as const };
const TAG = { "x-keyless": true, tags: ["Sign in"], response: { 200: MessageAnswer } };
const OPEN = { ...TAG, security: [] };
const ACCEPTED = { "x-keyless": true, tags: ["Sign in"], response: { 202: MessageAnswer } };

export function addPasswordRoutes(server: HttpServer, identity: Identity): void {
  server.post(
    "/auth/password/change",
    {
      schema: {
        ...TAG,
        operationId: "changePassword",
        summary: "Change the password; all other sessions end, API keys keep working",
        body: PasswordChangeInput,
      },
    },
    async (request) => {
      const { current_password: currentPassword, new_password: newPassword } = request.body;
      const context = { actor: request.actor, origin: readFullOrigin(request) };
      await changePassword(identity, { currentPassword, newPassword }, context);
      return { message: "The password was changed; all other sessions were ended. API keys keep working." };
    },
  );

  server.post(
    "/auth/password/forgot",
    {
      config,
      schema: {
        ...ACCEPTED,
        security: [],
        operationId: "forgotPassword",
        summary: "Ask for a link to set a new password",
        body: PasswordForgotInput,
      },
    },
    async (request, reply) => {
      await requestPasswordReset(identity, request.body.username, readFullOrigin(request));
      return reply
        .code(202)
        .send({ message: "If there is such an account, a mail with a link is on its way to its address." });
    },
  );

  server.post(
    "/auth/password/reset",
    {
      config,
      schema: {
        ...OPEN,
        operationId: "resetPassword",
        summary: "Set a new password with the link's token",
        response: { 200: ResetAnswer },
        body: PasswordResetInput,
      },
    },
    async (request) => {
      const { token, new_password: newPassword } = request.body;
      const device_token = await resetPassword(identity, { token, newPassword }, readFullOrigin(request));
      return { message: "The password was set; sign in with it.", device_token };
    },
  );

  server.get("/auth/password/reset", { config, schema: LINK_PAGE }, (request, reply) =>
    sendLinkPage(reply, renderResetPage(request.query.token)),
  );
}
