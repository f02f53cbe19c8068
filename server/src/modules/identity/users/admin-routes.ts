// Routes by which staff look after users. Who may do which stands in values/permissions.ts.
import { type HttpServer, readFullOrigin } from "../../../http/index.ts";
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
  server.post(
    "/admin/users/:id/factors/reset",
    {
      schema: {
        ...TAG,
        operationId: "resetUserFactors",
        summary: "Remove all second factors of a user who lost them; needs a fresh proof of who you are",
        params: UserPath,
        body: FactorResetInput,
        response: { 200: RemovedFactorsAnswer },
      },
    },
    async (request) => {
      const context = { actor: request.actor, origin: readFullOrigin(request) };
      return resetFactors(identity, { userId: request.params.id, reason: request.body.reason }, context);
    },
  );
}

function addReading(server: HttpServer, identity: Identity): void {
  server.get(
    "/admin/users",
    {
      schema: {
        ...TAG,
        operationId: "listUsers",
        summary: "Users, by whole name or address, role or state",
        querystring: UserQuery,
        response: { 200: UserPage },
      },
    },
    async ({ query }) => {
      const { cursor: afterId, limit = 50, ...filter } = query;
      const users = await listUsers(identity, { ...filter, afterId, limit });
      const next_cursor = users.length === limit ? (users.at(-1)?.id ?? null) : null;
      return { items: users.map(describeUser), next_cursor };
    },
  );

  server.get(
    "/admin/users/:id",
    {
      schema: {
        ...TAG,
        operationId: "getUser",
        summary: "A user",
        params: UserPath,
        response: { 200: ProfileAnswer },
      },
    },
    async ({ params }) => describeProfile(await getUser(identity, params.id)),
  );
}

function addChanging(server: HttpServer, identity: Identity): void {
  server.post(
    "/admin/users",
    {
      schema: {
        ...TAG,
        operationId: "createUser",
        summary:
          "Create a user: staff, a program, or somebody from another system with their password's hash",
        body: UserInput,
        response: { 201: UserAnswer },
      },
    },
    async (request, reply) => {
      const { full_name: fullName = null, password_hash: passwordHash, ...input } = request.body;
      const context = { actor: request.actor, origin: readFullOrigin(request) };
      const user = await addUser(identity, { ...input, fullName, passwordHash }, context);
      return reply.code(201).send(describeUser(user));
    },
  );

  server.patch(
    "/admin/users/:id",
    {
      schema: {
        ...TAG,
        operationId: "changeUser",
        summary: "Change a user's roles, or disable them; in force at once",
        params: UserPath,
        body: AccessInput,
        response: { 200: UserAnswer },
      },
    },
    async (request) => {
      const context = { actor: request.actor, origin: readFullOrigin(request) };
      const { roles, state } = request.body;
      return describeUser(await changeAccess(identity, { userId: request.params.id, roles, state }, context));
    },
  );

  server.post(
    "/admin/users/:id/password-reset",
    {
      schema: {
        ...TAG,
        operationId: "startPasswordReset",
        summary: "Send the user a link to set a new password, and end their sessions",
        params: UserPath,
        response: { 202: MessageAnswer },
      },
    },
    async (request, reply) => {
      await startReset(identity, request.params.id, {
        actor: request.actor,
        origin: readFullOrigin(request),
      });
      return reply.code(202).send({ message: "A mail with a link is on its way to the user." });
    },
  );
}

function addSessions(server: HttpServer, identity: Identity): void {
  server.get(
    "/admin/users/:id/sessions",
    {
      schema: {
        ...TAG,
        operationId: "listUserSessions",
        summary: "Where a user is signed in",
        params: UserPath,
        response: { 200: SessionList },
      },
    },
    async ({ params, actor }) => {
      const sessions = await findUserSessions(identity, params.id);
      return { sessions: sessions.map((session) => describeSession(session, actor.sessionId)) };
    },
  );

  server.post(
    "/admin/users/:id/end-sessions",
    {
      schema: {
        ...TAG,
        operationId: "endUserSessions",
        summary: "End all of a user's sessions",
        params: UserPath,
        response: { 200: EndedAnswer },
      },
    },
    async (request) => {
      const ending = { userId: request.params.id, reason: "ended by staff" };
      const context = { actor: request.actor, origin: readFullOrigin(request) };
      await requireMayActOn(identity, ending.userId, context.actor);
      return { ended: await endUserSessions(identity, ending, context) };
    },
  );

  server.post(
    "/admin/users/:id/impersonate",
    {
      schema: {
        ...TAG,
        operationId: "impersonateUser",
        summary: "Act as a customer, with a reason and for a limited time",
        params: UserPath,
        body: ImpersonationInput,
        response: { 200: TokenAnswer },
      },
    },
    async (request, reply) => {
      const { reason, minutes = 15 } = request.body;
      const wish = { userId: request.params.id, reason, minutes };
      const tokens = await impersonate(identity, wish, {
        actor: request.actor,
        origin: readFullOrigin(request),
      });
      return reply.header("cache-control", "no-store").send(describeTokens(tokens));
    },
  );
}
