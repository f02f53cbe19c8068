// Liveness and readiness, outside /api/v1 and without a token.
import { asUnavailable } from "../../runtime/transaction.ts";
import { AppError } from "../../values/app-error.ts";
import type { HttpServer } from "../http-server.ts";

export interface HealthOptions {
  /** Throws where nothing can be written. */
  readonly checkWrites: () => Promise<unknown>;
  readonly isStopping: () => boolean;
  /** What does not work although requests can be served, in words. */
  readonly listDegraded: () => readonly string[];
}

export interface Readiness {
  /** "ready", or the reason in words why not. */
  readonly status: string;
  readonly degraded: readonly string[];
}

export async function readReadiness({
  checkWrites,
  isStopping,
  listDegraded,
}: HealthOptions): Promise<Readiness> {
  if (isStopping()) return { status: "stopping", degraded: [] };
  try {
    await checkWrites();
    return { status: "ready", degraded: listDegraded() };
  } catch (error) {
    return { status: describeFailure(error), degraded: [] };
  }
}

export function addHealthRoutes(server: HttpServer, options: HealthOptions): void {
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
      const { status, degraded } = await readReadiness(options);
      if (status !== "ready") return reply.code(503).header("retry-after", 1).send({ status });
      return degraded.length === 0 ? { status } : { status, degraded };
    },
  );
}

/** "database unavailable", "database read only". Any other error is named only by its kind: this page is public. */
function describeFailure(error: unknown): string {
  const unavailable = asUnavailable(error);
  return unavailable instanceof AppError ? unavailable.code.replaceAll("_", " ") : "nothing can be written";
}
