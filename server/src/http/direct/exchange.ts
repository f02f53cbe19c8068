// A request and its reply without the framework: only the parts of the framework's objects that hooks, guards and handlers of
// direct routes use. (A proxy that fails on any other part was tried: it slows every look-up down, 8 µs per request.)
import assert from "node:assert";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { DirectRoute } from "./direct-routes.ts";

export interface Asked {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly params: Record<string, unknown>;
  readonly query: Record<string, unknown>;
  readonly ip: string;
  /** Undefined for a message on a stream. */
  readonly raw: IncomingMessage | undefined;
}

export interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export interface Outcome {
  readonly status: number;
  /** Names (in small letters) and values in turn, as `writeHead` takes them. */
  readonly fields: string[];
  /** Empty for an answer without one, such as 304. */
  readonly body: string | Buffer;
}

export interface Answering {
  /** Sends the answer to its client. */
  readonly deliver: (outcome: Outcome) => void;
  readonly raw: ServerResponse | undefined;
}

/** Literals with every field from the start: objects put together by assignment cost more than the framework's own. */
export function openExchange(route: DirectRoute, asked: Asked, { raw, deliver }: Answering): Exchange {
  const { id, method, url, headers, params, query, ip, raw: incoming } = asked;
  const request = {
    __proto__: REQUEST,
    id,
    method,
    url,
    headers,
    params,
    ip,
    raw: incoming,
    routeOptions: route.options,
    server: route.scope,
    query,
    is404: false,
    actor: undefined,
    body: undefined,
    bodyText: undefined,
    problemCode: undefined,
  };
  const reply = {
    __proto__: REPLY,
    raw,
    deliver,
    startedAt: performance.now(),
    fields: [],
    statusCode: 200,
    sent: false,
  };
  return { request: request as unknown as FastifyRequest, reply: reply as unknown as FastifyReply };
}

const REQUEST = {
  /** Without its port. */
  get hostname(): string {
    const { host = "" } = (this as unknown as Asked).headers;
    return /^(\[[^\]]*\]|[^:]*)/.exec(host)?.[1] ?? "";
  },
};

interface ReplyState extends Answering {
  readonly startedAt: number;
  fields: string[];
  statusCode: number;
  sent: boolean;
}

const REPLY = {
  get elapsedTime(): number {
    return performance.now() - (this as unknown as ReplyState).startedAt;
  },

  header(this: ReplyState, name: string, value: string | number): ReplyState {
    setField(this.fields, name.toLowerCase(), String(value));
    return this;
  },

  /** Where each answer gets the same object, as for the security headers, the object is processed only once. */
  headers(this: ReplyState, fields: Readonly<Record<string, string>>): ReplyState {
    if (this.fields.length === 0) this.fields = [...flatten(fields)];
    else for (const [name, value] of Object.entries(fields)) setField(this.fields, name, value);
    return this;
  },

  getHeader(this: ReplyState, name: string): string | undefined {
    return readField(this.fields, name.toLowerCase());
  },

  removeHeader(this: ReplyState, name: string): ReplyState {
    const at = findField(this.fields, name.toLowerCase());
    if (at >= 0) this.fields.splice(at, 2);
    return this;
  },

  code(this: ReplyState, status: number): ReplyState {
    this.statusCode = status;
    return this;
  },

  /** JSON text or its bytes, or a value to be written as JSON; nothing where the status says all. */
  send(this: ReplyState, answer?: string | Buffer | object): ReplyState {
    if (this.sent) return this; // the first answer counts
    this.sent = true;
    const isMade = typeof answer === "string" || Buffer.isBuffer(answer);
    if (answer !== undefined && findField(this.fields, "content-type") < 0) {
      assert(!isMade, "text of no type");
      this.fields.push("content-type", "application/json; charset=utf-8");
    }
    const body = answer === undefined ? "" : isMade ? answer : JSON.stringify(answer);
    this.deliver({ status: this.statusCode, fields: this.fields, body });
    return this;
  },
};

const flattened = new WeakMap<object, readonly string[]>();

function flatten(fields: Readonly<Record<string, string>>): readonly string[] {
  const known = flattened.get(fields);
  if (known !== undefined) return known;
  const flat = Object.entries(fields).flatMap(([name, value]) => [name.toLowerCase(), value]);
  flattened.set(fields, flat);
  return flat;
}

function findField(fields: readonly string[], name: string): number {
  for (let at = 0; at < fields.length; at += 2) if (fields[at] === name) return at;
  return -1;
}

export function readField(fields: readonly string[], name: string): string | undefined {
  const at = findField(fields, name);
  return at < 0 ? undefined : fields[at + 1];
}

function setField(fields: string[], name: string, value: string): void {
  const at = findField(fields, name);
  if (at < 0) fields.push(name, value);
  else fields[at + 1] = value;
}
