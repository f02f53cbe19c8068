// Routes of a user's own account: profile and sessions.
import { addRoute, type HttpServer, readContext } from "../../../http/index.ts";
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
  addRoute(server, {
    url: "/users/me",
    ...TAG,
    operationId: "getMe",
    summary: "Who am I",
    answer: ProfileAnswer,
    run: async (request) => describeProfile(await getUser(identity, request.actor.id)),
  });

  addRoute(server, {
    method: "PATCH",
    url: "/users/me",
    ...TAG,
    operationId: "changeMe",
    summary: "Change the name, or ask for another address: it counts once it is confirmed",
    body: ProfileInput,
    answer: ProfileAnswer,
    run: async (request) => {
      const { email } = request.body;
      const fullName = readFullName(request.body.full_name);
      return describeProfile(await changeProfile(identity, { email, fullName }, readContext(request)));
    },
  });
}

function addSessions(server: HttpServer, identity: Identity): void {
  addRoute(server, {
    url: "/users/me/sessions",
    ...TAG,
    operationId: "listMySessions",
    summary: "Where am I signed in",
    answer: SessionList,
    run: async ({ actor }) => {
      const sessions = await findUserSessions(identity, readOwnId(actor));
      return { sessions: sessions.map((session) => describeSession(session, actor.sessionId)) };
    },
  });

  addRoute(server, {
    method: "DELETE",
    url: "/users/me/sessions/:id",
    ...TAG,
    operationId: "endMySession",
    summary: "End one of my sessions; another than this one needs a fresh proof",
    params: SessionPath,
    answer: EndedAnswer,
    run: async (request) => {
      const which = { sessionId: request.params.id, reason: "ended by its user" };
      return { ended: await endOwnSessions(identity, which, readContext(request)) };
    },
  });

  addRoute(server, {
    method: "DELETE",
    url: "/users/me/sessions",
    ...TAG,
    operationId: "endMyOtherSessions",
    summary: "End all of my sessions but this one; needs a fresh proof",
    answer: EndedAnswer,
    run: async (request) => {
      const { actor } = request;
      const which = { exceptId: actor.sessionId, reason: "ended by its user elsewhere" };
      return { ended: await endOwnSessions(identity, which, readContext(request)) };
    },
  });
}
