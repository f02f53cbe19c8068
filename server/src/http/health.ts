// Liveness and readiness, outside /api/v1 and without a token.
import type { Sql } from "../runtime/database.ts";
import type { HttpServer } from "./http-server.ts";

export interface HealthOptions {
  readonly db: Sql;
  readonly isStopping: () => boolean;
  /** What does not work though requests can be served, in words. */
  readonly listDegraded: () => readonly string[];
}

export function addHealthRoutes(server: HttpServer, { db, isStopping, listDegraded }: HealthOptions): void {
  const config = { public: true };

  server.get(
    "/health",
    { config, schema: { tags: ["Operations"], summary: "Is the process alive", security: [] } },
    async () => ({ status: "ok" }),
  );

  server.get(
    "/health/ready",
    { config, schema: { tags: ["Operations"], summary: "Can requests be served", security: [] } },
    async (_request, reply) => {
      if (isStopping()) return reply.code(503).send({ status: "stopping" });
      try {
        await db`SELECT 1`;
        const degraded = listDegraded();
        return degraded.length === 0 ? { status: "ready" } : { status: "ready", degraded };
      } catch {
        return reply.code(503).header("retry-after", 1).send({ status: "database unavailable" });
      }
    },
  );
}
