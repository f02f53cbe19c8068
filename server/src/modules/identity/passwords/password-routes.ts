// Routes of passwords and of links that travel by mail. A link opens a small page, for a mail program may fetch links by
// itself: only the button there acts.
import type { FastifyReply } from "fastify";
import { type HttpServer, readFullOrigin } from "../../../http/index.ts";
import { renderResetPage, renderVerifyPage } from "../mails/link-page.ts";
import { requestPasswordReset, requestVerification, verifyEmail } from "../mails/request-mail.ts";
import {
  EmailVerifyInput,
  LinkQuery,
  MessageAnswer,
  PasswordChangeInput,
  PasswordForgotInput,
  PasswordResetInput,
  ResetAnswer,
} from "../schemas.ts";
import type { Identity } from "../settings.ts";
import { readOwnId } from "../users/user.ts";
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

  addEmailRoutes(server, identity);
  addLinkPages(server);
}

function addEmailRoutes(server: HttpServer, identity: Identity): void {
  server.post(
    "/auth/email/verify",
    {
      config,
      schema: {
        ...OPEN,
        operationId: "verifyEmail",
        summary: "Confirm an e-mail address",
        body: EmailVerifyInput,
      },
    },
    async (request) => {
      await verifyEmail(identity, request.body.token, readFullOrigin(request));
      return { message: "The e-mail address is confirmed." };
    },
  );

  server.post(
    "/auth/email/resend",
    {
      schema: {
        ...ACCEPTED,
        operationId: "resendVerification",
        summary: "Ask for the confirmation mail again",
      },
    },
    async (request, reply) => {
      await requestVerification(identity, readOwnId(request.actor));
      return reply
        .code(202)
        .send({ message: "A mail is on its way, unless the address is confirmed already." });
    },
  );
}

function addLinkPages(server: HttpServer): void {
  const schema = { hide: true, querystring: LinkQuery };
  server.get("/auth/email/verify", { config, schema }, (request, reply) =>
    sendPage(reply, renderVerifyPage(request.query.token)),
  );
  server.get("/auth/password/reset", { config, schema }, (request, reply) =>
    sendPage(reply, renderResetPage(request.query.token)),
  );
}

/** The page's address holds a token: no cache keeps it and no other site is told it. */
function sendPage(reply: FastifyReply, html: string): FastifyReply {
  return reply
    .header("content-type", "text/html; charset=utf-8")
    .header("cache-control", "no-store")
    .header("referrer-policy", "no-referrer")
    .header(
      "content-security-policy",
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    )
    .send(html);
}
