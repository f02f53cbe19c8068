// What the trail records of a command that goes through `runCommand`. The HTTP kit knows no module: the program gives
// it the recorder that writes the entry.
import type { FastifyRequest } from "fastify";
import type { KeyedRequest } from "../../runtime/idempotency.ts";
import type { Tx } from "../../runtime/transaction.ts";
import type { Actor } from "../../values/actor.ts";
import type { AppError } from "../../values/app-error.ts";
import type { Origin } from "../../values/origin.ts";
import { readCaller } from "./caller.ts";

export interface CommandRecord {
  /** `noun.verb`. */
  readonly event: string;
  readonly actor: Actor;
  readonly origin: Origin;
  readonly resource?: { readonly type: string; readonly id: string } | undefined;
  readonly refused?: AppError | undefined;
}

/** Writes a command's entry in the command's transaction; for a refusal, in a transaction of its own. */
export type CommandRecorder = (tx: Tx, record: CommandRecord) => Promise<unknown>;

declare module "fastify" {
  interface FastifyInstance {
    recordCommand: CommandRecorder;
  }
}

/** A command in the form that `runCommand` takes. */
export interface CommandRequest {
  readonly key: KeyedRequest | undefined;
  /** `answer` is undefined where the command was refused. */
  readonly record: (tx: Tx, outcome: { answer?: object; refused?: AppError }) => Promise<unknown>;
}

/**
 * Reads the command that a request asks for. Its entry has the name `event` and is about the thing with the given `id` in the
 * answer or the path.
 * @throws AppError `invalid/invalid_idempotency_key`
 */
export function readCommand(request: FastifyRequest, event: string): CommandRequest {
  const { key, actor, origin } = readCaller(request);
  return {
    key,
    record: (tx, { answer, refused }) => {
      const id = idIn(answer) ?? idIn(request.params);
      const resource = id === undefined ? undefined : { type: event.split(".")[0] ?? event, id };
      return request.server.recordCommand(tx, { event, actor, origin, resource, refused });
    },
  };
}

function idIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { id, code } = value as { id?: unknown; code?: unknown };
  if (typeof id === "number") return String(id);
  return typeof id === "string" ? id : typeof code === "string" ? code : undefined;
}
