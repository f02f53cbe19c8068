// Routes of passwords.
import { addRoute, type HttpServer, readContext, readFullOrigin } from "../../../http/index.ts";
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
const TAG = { "x-keyless": true, tags: ["Sign in"], answer: MessageAnswer };
const OPEN = { ...TAG, security: [] };
const ACCEPTED = { "x-keyless": true, tags: ["Sign in"], answer: MessageAnswer, status: 202 as const };

export function addPasswordRoutes(server: HttpServer, identity: Identity): void {
  addRoute(server, {
    method: "POST",
    url: "/auth/password/change",
    ...TAG,
    operationId: "changePassword",
    summary: "Change the password; all other sessions end, API keys keep working",
    body: PasswordChangeInput,
    run: async (request) => {
      const { current_password: currentPassword, new_password: newPassword } = request.body;
      await changePassword(identity, { currentPassword, newPassword }, readContext(request));
      return { message: "The password was changed; all other sessions were ended. API keys keep working." };
    },
  });

  addRoute(server, {
    method: "POST",
    url: "/auth/password/forgot",
    config,
    ...ACCEPTED,
    security: [],
    operationId: "forgotPassword",
    summary: "Ask for a link to set a new password",
    body: PasswordForgotInput,
    run: async (request) => {
      await requestPasswordReset(identity, request.body.username, readFullOrigin(request));
      return { message: "If there is such an account, a mail with a link is on its way to its address." };
    },
  });

  addRoute(server, {
    method: "POST",
    url: "/auth/password/reset",
    config,
    ...OPEN,
    operationId: "resetPassword",
    summary: "Set a new password with the link's token",
    body: PasswordResetInput,
    answer: ResetAnswer,
    run: async (request) => {
      const { token, new_password: newPassword } = request.body;
      const device_token = await resetPassword(identity, { token, newPassword }, readFullOrigin(request));
      return { message: "The password was set; sign in with it.", device_token };
    },
  });

  server.get("/auth/password/reset", { config, schema: LINK_PAGE }, (request, reply) =>
    sendLinkPage(reply, renderResetPage(request.query.token)),
  );
}
