// Liveness and readiness, outside /api/v1 and without a token.
import { asUnavailable } from "../../runtime/transaction.ts";
import { AppError } from "../../values/app-error.ts";
import type { HttpServer } from "../http-server.ts";

export interface HealthOptions {
  /** Throws where nothing can be written. */
  readonly checkWrites: () => Promise<unknown>;
  readonly isStopping: () => boolean;
  /** What does not work though requests can be served, in words. */
  readonly listDegraded: () => readonly string[];
}

export function addHealthRoutes(
  server: HttpServer,
  { checkWrites, isStopping, listDegraded }: HealthOptions,
): void {
  const config = { public: true };

  server.get(
    "/health",
    { config, schema: { tags: ["Operations"], summary: "Is the process alive", security: [] } },
    async () => ({ status: "ok" }),
  );

  server.get(
    "/health/ready",
    {
      config,
      schema: {
        tags: ["Operations"],
        summary: "Can requests be served, and anything be written",
        security: [],
      },
    },
    async (_request, reply) => {
      if (isStopping()) return reply.code(503).send({ status: "stopping" });
      try {
        await checkWrites();
        const degraded = listDegraded();
        return degraded.length === 0 ? { status: "ready" } : { status: "ready", degraded };
      } catch (error) {
        return reply
          .code(503)
          .header("retry-after", 1)
          .send({ status: describeFailure(error) });
      }
    },
  );
}

/** "database unavailable", "database read only". Anything else is told by its kind alone: the door is public. */
function describeFailure(error: unknown): string {
  const unavailable = asUnavailable(error);
  return unavailable instanceof AppError ? unavailable.code.replaceAll("_", " ") : "nothing can be written";
}
