// The public HTTP API, for the subcommands that demonstrate a running server: any client could do the same.
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load-config.ts";
import { mintToken } from "../http/authenticate.ts";
import { readTokenSettings } from "../program/token-settings.ts";
import type { Role } from "../values/actor.ts";
import { CommandError } from "./command-error.ts";

export interface ApiAnswer<Body> {
  readonly status: number;
  readonly body: Body;
}

export interface ApiCall {
  readonly body?: object;
  /** Carried out only once, however often it is sent. */
  readonly key?: string;
}

/** Paths are below /api/v1. Returns answers of any status; throws CommandError where no server answers. */
export type ApiCaller = <Body>(method: string, path: string, call?: ApiCall) => Promise<ApiAnswer<Body>>;

export interface ApiClient {
  /** A client with a token of its own. */
  readonly as: (role: Role, subject: string) => Promise<ApiCaller>;
}

/** @throws CommandError in production, where nobody can be impersonated, and where no server answers at `url` */
export async function openApiClient(url: string | undefined): Promise<ApiClient> {
  const config = loadConfig();
  if (config.APP_ENV === "production")
    throw new CommandError(
      "This works with minted tokens, which production does not accept; run it in development",
    );
  const base = (url ?? `http://localhost:${config.PORT}`).replace(/\/+$/, "");
  const alive = await fetch(`${base}/health`).catch(() => undefined);
  await alive?.body?.cancel();
  if (alive?.status !== 200)
    throw new CommandError(`Nothing answers at ${base}; start it with: npm start (or name it with --url)`);
  return { as: async (role, subject) => openCaller(base, await mint(config, role, subject)) };
}

function mint(config: Config, role: Role, subject: string): Promise<string> {
  return mintToken(readTokenSettings(config), { id: subject, name: subject, roles: [role] }, 3_600);
}

function openCaller(base: string, token: string): ApiCaller {
  return async <Body>(method: string, path: string, { body, key }: ApiCall = {}) => {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(key === undefined ? {} : { "idempotency-key": key }),
    };
    const request = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await fetch(`${base}/api/v1${path}`, request).catch((error: unknown) => {
      throw new CommandError(`${base} stopped answering: ${describeFailure(error)}`);
    });
    if (answer.status === 401)
      throw new CommandError(
        `${base} does not accept tokens of this folder's settings: run this where the server was started`,
      );
    return { status: answer.status, body: (await answer.json()) as Body };
  };
}

function describeFailure(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message : message;
}

/** The body of an answer that must not be a refusal. @throws CommandError with the server's message */
export async function expectDone<Body>(answer: Promise<ApiAnswer<Body>>): Promise<Body> {
  const { status, body } = await answer;
  if (status < 400) return body;
  const { detail, request_id } = body as { detail?: string; request_id?: string };
  throw new CommandError(`The server refused with ${status}: ${detail} (request ${request_id})`);
}
