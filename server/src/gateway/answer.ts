// Sends an answer that is already JSON text: what was committed and remembered is what the client gets, byte by byte.
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Actor, Role } from "../values/actor.ts";
import { AppError } from "../values/app-error.ts";

/** Sends `body` (JSON text) with `status`; a replayed answer says so in Idempotency-Replayed. */
export function sendAnswer(
  reply: FastifyReply,
  status: number,
  answer: { body: string; replayed: boolean },
): FastifyReply {
  if (answer.replayed) reply.header("idempotency-replayed", "true");
  return reply.code(status).header("content-type", "application/json; charset=utf-8").send(answer.body);
}

/** A hook that lets only these roles pass. @throws AppError `forbidden/forbidden` */
export function requireRole(...roles: readonly Role[]): (request: FastifyRequest) => Promise<void> {
  return async (request) => checkRole(request.actor, roles);
}

export function checkRole(actor: Actor, roles: readonly Role[]): void {
  if (actor.roles.some((role) => roles.includes(role))) return;
  throw new AppError("forbidden", "forbidden", { message: `this needs the role ${roles.join(" or ")}` });
}
