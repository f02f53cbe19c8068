// Routes of signing up, in and out. Login and refresh take JSON and forms, as OAuth 2 clients send them.
import { addRoute, type HttpServer, readContext, readFullOrigin } from "../../../http/index.ts";
import { readAssertion } from "../passkeys/read-passkey.ts";
import {
  EndedAnswer,
  LoginInput,
  LogoutInput,
  RefreshInput,
  RegisteredAnswer,
  RegisterInput,
  TokenAnswer,
} from "../schemas.ts";
import type { Identity } from "../settings.ts";
import { registerUser } from "../users/register-user.ts";
import { describeUser } from "../users/user.ts";
import { endOwnSessions } from "./end-sessions.ts";
import { type LoggedIn, logIn } from "./log-in.ts";
import type { Tokens } from "./open-session.ts";
import { refreshSession } from "./refresh-session.ts";

const config = { public: true, limit: "login" as const };
const TAG = { "x-keyless": true, tags: ["Sign in"] };
const OPEN = { ...TAG, security: [] };
/** For the routes that OAuth 2 clients know: those clients send forms. */
const TOKENS = {
  ...OPEN,
  consumes: ["application/json", "application/x-www-form-urlencoded"],
  answer: TokenAnswer,
  isSecret: true,
};

export function addAuthRoutes(server: HttpServer, identity: Identity): void {
  addRoute(server, {
    method: "POST",
    url: "/auth/register",
    config,
    ...OPEN,
    operationId: "register",
    summary: "Register; in development the first user becomes admin",
    body: RegisterInput,
    answer: RegisteredAnswer,
    status: 201,
    run: async (request) => {
      const { username, email, password, full_name: fullName = null } = request.body;
      const registration = { username, email, password, fullName };
      const { user, becameAdmin } = await registerUser(identity, registration, readFullOrigin(request));
      const message = becameAdmin
        ? { message: "You are the first user of this installation and have the role admin." }
        : {};
      return { ...describeUser(user), ...message };
    },
  });

  addRoute(server, {
    method: "POST",
    url: "/auth/login",
    config,
    ...TOKENS,
    operationId: "logIn",
    summary: "Sign in with username or e-mail address",
    body: LoginInput,
    run: async (request) => {
      const { username: login, password, device_token: deviceToken, code, passkey } = request.body;
      const origin = readFullOrigin(request);
      const signed = passkey === undefined ? undefined : readAssertion(passkey);
      const wish = { login, password, deviceToken, code, passkey: signed, origin };
      const tokens = await logIn(identity, wish);
      return describeLogin(tokens);
    },
  });

  addSessionRoutes(server, identity);
}

function addSessionRoutes(server: HttpServer, identity: Identity): void {
  addRoute(server, {
    method: "POST",
    url: "/auth/refresh",
    config,
    ...TOKENS,
    operationId: "refresh",
    summary: "Exchange a refresh token for the next pair of tokens",
    body: RefreshInput,
    run: async (request) => {
      const tokens = await refreshSession(identity, request.body.refresh_token, readFullOrigin(request));
      return describeTokens(tokens);
    },
  });

  addRoute(server, {
    method: "POST",
    url: "/auth/logout",
    ...TAG,
    operationId: "logOut",
    summary: "End this session, or, with a fresh proof, all of the user's",
    body: LogoutInput,
    answer: EndedAnswer,
    run: async (request) => {
      const { actor } = request;
      if (actor.sessionId === undefined) return { ended: 0 }; // a token without a session
      // Naming no session means this session.
      const sessionId = request.body.all === true ? undefined : actor.sessionId;
      const which = { sessionId, reason: "signed out" };
      return { ended: await endOwnSessions(identity, which, readContext(request)) };
    },
  });
}

export function describeLogin({ deviceToken, ...tokens }: LoggedIn) {
  const device = deviceToken === undefined ? {} : { device_token: deviceToken };
  return { ...describeTokens(tokens), ...device };
}

export function describeTokens(tokens: Tokens) {
  return {
    access_token: tokens.accessToken,
    refresh_token: tokens.refreshToken,
    token_type: "Bearer" as const,
    expires_in: tokens.expiresInSeconds,
  };
}
