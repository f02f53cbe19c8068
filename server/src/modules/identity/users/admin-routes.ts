// Routes by which staff manage users. values/permissions.ts says who may do what.
import { addRoute, type HttpServer, readContext } from "../../../http/index.ts";
import { resetFactors } from "../factors/reset-factors.ts";
import {
  AccessInput,
  EndedAnswer,
  FactorResetInput,
  ImpersonationInput,
  MessageAnswer,
  ProfileAnswer,
  RemovedFactorsAnswer,
  SessionList,
  TokenAnswer,
  UserAnswer,
  UserInput,
  UserPage,
  UserPath,
  UserQuery,
} from "../schemas.ts";
import { describeTokens } from "../sessions/auth-routes.ts";
import { endUserSessions } from "../sessions/end-sessions.ts";
import { findUserSessions } from "../sessions/find-sessions.ts";
import { describeSession } from "../sessions/session.ts";
import type { Identity } from "../settings.ts";
import { addUser, changeAccess, impersonate, startReset } from "./change-user.ts";
import { listUsers } from "./list-users.ts";
import { requireMayActOn } from "./require-may-act-on.ts";
import { describeProfile, getUser } from "./update-profile.ts";
import { describeUser } from "./user.ts";

const TAG = { "x-keyless": true, tags: ["Users"] };

export function addAdminRoutes(server: HttpServer, identity: Identity): void {
  addReading(server, identity);
  addChanging(server, identity);
  addFactorReset(server, identity);
  addSessions(server, identity);
}

function addFactorReset(server: HttpServer, identity: Identity): void {
  addRoute(server, {
    method: "POST",
    url: "/admin/users/:id/factors/reset",
    ...TAG,
    operationId: "resetUserFactors",
    summary: "Remove all second factors of a user who lost them; needs a fresh proof of who you are",
    params: UserPath,
    body: FactorResetInput,
    answer: RemovedFactorsAnswer,
    run: async (request) => {
      return resetFactors(
        identity,
        { userId: request.params.id, reason: request.body.reason },
        readContext(request),
      );
    },
  });
}

function addReading(server: HttpServer, identity: Identity): void {
  addRoute(server, {
    url: "/admin/users",
    ...TAG,
    operationId: "listUsers",
    summary: "Users, by whole name or address, role or state",
    query: UserQuery,
    answer: UserPage,
    run: async ({ query }) => {
      const { cursor: afterId, limit = 50, ...filter } = query;
      const users = await listUsers(identity, { ...filter, afterId, limit });
      const next_cursor = users.length === limit ? (users.at(-1)?.id ?? null) : null;
      return { items: users.map(describeUser), next_cursor };
    },
  });

  addRoute(server, {
    url: "/admin/users/:id",
    ...TAG,
    operationId: "getUser",
    summary: "A user",
    params: UserPath,
    answer: ProfileAnswer,
    run: async ({ params }) => describeProfile(await getUser(identity, params.id)),
  });
}

function addChanging(server: HttpServer, identity: Identity): void {
  addRoute(server, {
    method: "POST",
    url: "/admin/users",
    ...TAG,
    operationId: "createUser",
    summary: "Create a user: staff, a program, or somebody from another system with their password's hash",
    body: UserInput,
    answer: UserAnswer,
    status: 201,
    run: async (request) => {
      const { full_name: fullName = null, password_hash: passwordHash, ...input } = request.body;
      const user = await addUser(identity, { ...input, fullName, passwordHash }, readContext(request));
      return describeUser(user);
    },
  });

  addRoute(server, {
    method: "PATCH",
    url: "/admin/users/:id",
    ...TAG,
    operationId: "changeUser",
    summary: "Change a user's roles, or disable them; in force at once",
    params: UserPath,
    body: AccessInput,
    answer: UserAnswer,
    run: async (request) => {
      const { roles, state } = request.body;
      return describeUser(
        await changeAccess(identity, { userId: request.params.id, roles, state }, readContext(request)),
      );
    },
  });

  addRoute(server, {
    method: "POST",
    url: "/admin/users/:id/password-reset",
    ...TAG,
    operationId: "startPasswordReset",
    summary: "Send the user a link to set a new password, and end their sessions",
    params: UserPath,
    answer: MessageAnswer,
    status: 202,
    run: async (request) => {
      await startReset(identity, request.params.id, readContext(request));
      return { message: "A mail with a link is on its way to the user." };
    },
  });
}

function addSessions(server: HttpServer, identity: Identity): void {
  addRoute(server, {
    url: "/admin/users/:id/sessions",
    ...TAG,
    operationId: "listUserSessions",
    summary: "Where a user is signed in",
    params: UserPath,
    answer: SessionList,
    run: async ({ params, actor }) => {
      const sessions = await findUserSessions(identity, params.id);
      return { sessions: sessions.map((session) => describeSession(session, actor.sessionId)) };
    },
  });

  addRoute(server, {
    method: "POST",
    url: "/admin/users/:id/end-sessions",
    ...TAG,
    operationId: "endUserSessions",
    summary: "End all of a user's sessions",
    params: UserPath,
    answer: EndedAnswer,
    run: async (request) => {
      const context = readContext(request);
      const { id: userId } = request.params;
      await requireMayActOn(identity, userId, context.actor);
      return { ended: await endUserSessions(identity, { userId, reason: "ended by staff" }, context) };
    },
  });

  addRoute(server, {
    method: "POST",
    url: "/admin/users/:id/impersonate",
    ...TAG,
    operationId: "impersonateUser",
    summary: "Act as a customer, with a reason and for a limited time",
    params: UserPath,
    body: ImpersonationInput,
    answer: TokenAnswer,
    isSecret: true,
    run: async (request) => {
      const { reason, minutes = 15 } = request.body;
      const wish = { userId: request.params.id, reason, minutes };
      const tokens = await impersonate(identity, wish, readContext(request));
      return describeTokens(tokens);
    },
  });
}
