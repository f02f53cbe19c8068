// Where a request came from, for the audit trail. The fields are those of the audit module's AuditOrigin.
import type { FastifyRequest } from "fastify";

export interface Origin {
  readonly requestId: string;
  readonly ip: string;
  readonly userAgent: string | undefined;
}

const USER_AGENT_LENGTH_MAX = 200;

export function readOrigin(request: FastifyRequest): Origin {
  const userAgent = request.headers["user-agent"]?.slice(0, USER_AGENT_LENGTH_MAX);
  return { requestId: request.id, ip: request.ip, userAgent };
}
