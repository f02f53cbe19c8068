// Routes of a user's own account: profile and sessions.
import { type HttpServer, readFullOrigin } from "../../../http/index.ts";
import { EndedAnswer, ProfileAnswer, ProfileInput, SessionList, SessionPath } from "../schemas.ts";
import { endOwnSessions } from "../sessions/end-sessions.ts";
import { findUserSessions } from "../sessions/find-sessions.ts";
import { describeSession } from "../sessions/session.ts";
import type { Identity } from "../settings.ts";
import { readFullName } from "./register-user.ts";
import { changeProfile, describeProfile, getUser } from "./update-profile.ts";
import { readOwnId } from "./user.ts";

const TAG = { "x-keyless": true, tags: ["Me"] };

export function addUserRoutes(server: HttpServer, identity: Identity): void {
  addProfile(server, identity);
  addSessions(server, identity);
}

function addProfile(server: HttpServer, identity: Identity): void {
  server.get(
    "/users/me",
    { schema: { ...TAG, operationId: "getMe", summary: "Who am I", response: { 200: ProfileAnswer } } },
    async (request) => describeProfile(await getUser(identity, request.actor.id)),
  );

  server.patch(
    "/users/me",
    {
      schema: {
        ...TAG,
        operationId: "changeMe",
        summary: "Change the name, or ask for another address: it counts once it is confirmed",
        body: ProfileInput,
        response: { 200: ProfileAnswer },
      },
    },
    async (request) => {
      const { email } = request.body;
      const fullName = readFullName(request.body.full_name);
      const context = { actor: request.actor, origin: readFullOrigin(request) };
      return describeProfile(await changeProfile(identity, { email, fullName }, context));
    },
  );
}

function addSessions(server: HttpServer, identity: Identity): void {
  server.get(
    "/users/me/sessions",
    {
      schema: {
        ...TAG,
        operationId: "listMySessions",
        summary: "Where am I signed in",
        response: { 200: SessionList },
      },
    },
    async ({ actor }) => {
      const sessions = await findUserSessions(identity, readOwnId(actor));
      return { sessions: sessions.map((session) => describeSession(session, actor.sessionId)) };
    },
  );

  server.delete(
    "/users/me/sessions/:id",
    {
      schema: {
        ...TAG,
        operationId: "endMySession",
        summary: "End one of my sessions; another than this one needs a fresh proof",
        params: SessionPath,
        response: { 200: EndedAnswer },
      },
    },
    async (request) => {
      const which = { sessionId: request.params.id, reason: "ended by its user" };
      const context = { actor: request.actor, origin: readFullOrigin(request) };
      return { ended: await endOwnSessions(identity, which, context) };
    },
  );

  server.delete(
    "/users/me/sessions",
    {
      schema: {
        ...TAG,
        operationId: "endMyOtherSessions",
        summary: "End all of my sessions but this one; needs a fresh proof",
        response: { 200: EndedAnswer },
      },
    },
    async (request) => {
      const { actor } = request;
      const which = { exceptId: actor.sessionId, reason: "ended by its user elsewhere" };
      return { ended: await endOwnSessions(identity, which, { actor, origin: readFullOrigin(request) }) };
    },
  );
}
