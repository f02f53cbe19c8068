// The one place where permission is checked: before any route's own code, by the route's operationId in the table of
// permissions. A route that is neither public nor in the table stops the start.
import type { FastifyInstance, FastifyRequest, RouteOptions } from "fastify";
import { AppError } from "../values/app-error.ts";
import { ownOf } from "../values/own-of.ts";
import { findRefusal, PERMISSIONS, type Permission } from "./permissions.ts";

/** Finds the permission of each route as it is added. The server does not start while a non-public route has none. */
export function attachPermissions(server: FastifyInstance): void {
  const bare: RouteOptions[] = [];
  server.addHook("onRoute", (route) => {
    const { operationId } = (route.schema ?? {}) as { operationId?: string };
    const permission = operationId === undefined ? undefined : ownOf(PERMISSIONS, operationId);
    if (permission === undefined) bare.push(route);
    else route.config = { ...route.config, permission } as NonNullable<RouteOptions["config"]>;
  });
  server.addHook("onReady", async () => {
    const [first] = bare.filter((route) => route.config?.public !== true && route.method !== "OPTIONS"); // public may be said after this hook
    if (first !== undefined)
      throw new Error(`${first.method} ${first.url} has no operationId that http/permissions.ts lists`);
  });
}

/** @throws AppError `forbidden/forbidden`, `forbidden/person_required` */
export function checkPermission(request: FastifyRequest): void {
  const permission = request.routeOptions.config.permission;
  if (permission === undefined) return;
  const refusal = findRefusal(request.actor, permission);
  if (refusal !== undefined) throw new AppError("forbidden", refusal.code, { message: refusal.message });
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Set from the table when the route is added. */
    permission?: Permission;
  }
}
