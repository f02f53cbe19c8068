// Routes of addresses: confirming an address, and taking back a change of it. Links in mails open a small page.
import type { FastifyRequest } from "fastify";
import { addRoute, type HttpServer, readFullOrigin } from "../../../http/index.ts";
import { renderUndoPage, renderVerifyPage } from "../mails/link-page.ts";
import { LINK_PAGE, sendLinkPage } from "../mails/link-routes.ts";
import { EmailUndoInput, EmailVerifyInput, MessageAnswer } from "../schemas.ts";
import { verifyAccessToken } from "../sessions/access-token.ts";
import type { Identity } from "../settings.ts";
import { readOwnId } from "../users/user.ts";
import { confirmAddress, requestVerification } from "./confirm-address.ts";
import { undoEmailChange } from "./undo-email-change.ts";

const config = { public: true, limit: "login" as const };
const TAG = { "x-keyless": true, tags: ["Sign in"], answer: MessageAnswer };
const OPEN = { ...TAG, security: [] };

export function addAddressRoutes(server: HttpServer, identity: Identity): void {
  addConfirming(server, identity);
  addUndoing(server, identity);
}

function addConfirming(server: HttpServer, identity: Identity): void {
  addRoute(server, {
    method: "POST",
    url: "/auth/email/verify",
    config,
    ...OPEN,
    operationId: "verifyEmail",
    summary: "Confirm an e-mail address",
    description:
      "The first time, without a session of the account or its password, all that was added to it goes, its password too.",
    body: EmailVerifyInput,
    run: async (request) => {
      const { token, password } = request.body;
      const signedInId = await findSignedIn(identity, request);
      await confirmAddress(identity, { token, password, signedInId }, readFullOrigin(request));
      return { message: "The e-mail address is confirmed." };
    },
  });

  addRoute(server, {
    method: "POST",
    url: "/auth/email/resend",
    ...TAG,
    operationId: "resendVerification",
    summary: "Ask for the confirmation mail again",
    answer: MessageAnswer,
    status: 202,
    run: async (request) => {
      await requestVerification(identity, readOwnId(request.actor));
      return { message: "A mail is on its way, unless the address is confirmed already." };
    },
  });

  server.get("/auth/email/verify", { config, schema: LINK_PAGE }, (request, reply) =>
    sendLinkPage(reply, renderVerifyPage(request.query.token)),
  );
}

/** Reads the token of the caller's own session; a token that is not good is ignored here, not refused. */
async function findSignedIn(
  identity: Identity,
  { headers }: Pick<FastifyRequest, "headers">,
): Promise<string | undefined> {
  const token = /^Bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1];
  if (token === undefined) return undefined;
  const access = await verifyAccessToken(identity, token).catch(() => undefined);
  return access?.actor.impersonatorId === undefined ? access?.actor.id : undefined;
}

function addUndoing(server: HttpServer, identity: Identity): void {
  addRoute(server, {
    method: "POST",
    url: "/auth/email/undo",
    config,
    ...OPEN,
    operationId: "undoEmailChange",
    summary: "Take a change of address back, with the link sent to the old one; ends all sessions",
    body: EmailUndoInput,
    run: async (request) => {
      await undoEmailChange(identity, request.body.token, readFullOrigin(request));
      return {
        message:
          "The address is the one before, and everybody was signed out. Set a new password now, for somebody knew the old one.",
      };
    },
  });
  server.get("/auth/email/undo", { config, schema: LINK_PAGE }, (request, reply) =>
    sendLinkPage(reply, renderUndoPage(request.query.token)),
  );
}
