// Keeps what is added to the framework as hooks, by scope, so that the direct way runs the very same: a rule that holds for
// every request stands once, whichever way the request takes.
import type { FastifyReply, FastifyRequest } from "fastify";

export type Done = (error?: Error) => void;
/** A hook as the framework has it: calls `done`, or returns a promise. */
export type Hook = (request: FastifyRequest, reply: FastifyReply, done: Done) => unknown;

export const HOOK_NAMES = [
  "onRequest",
  "preParsing",
  "preValidation",
  "preHandler",
  "preSerialization",
  "onSend",
  "onResponse",
  "onRequestAbort",
  "onTimeout",
  "onError",
] as const;
export type HookName = (typeof HOOK_NAMES)[number];

export interface KeptHooks {
  /** The hooks of this name that hold for routes of the scope, in the order in which the framework runs them. */
  readonly of: (scope: object, name: HookName) => readonly Hook[];
}

interface HookedScope {
  addHook: (name: string, hook: Hook) => unknown;
}

/** To be called before any hook is added. */
export function keepHooks(server: object): KeptHooks {
  const root = server as HookedScope;
  const kept: { readonly scope: object; readonly name: string; readonly hook: Hook }[] = [];
  const { addHook } = root;
  root.addHook = function keepAndAdd(this: object, name: string, hook: Hook): unknown {
    kept.push({ scope: this, name, hook });
    return addHook.call(this as HookedScope, name, hook);
  };
  return {
    of: (scope, name) =>
      kept.filter((each) => each.name === name && holdsIn(each.scope, scope)).map(({ hook }) => hook),
  };
}

/** A scope inherits from the one around it, as objects do. */
function holdsIn(outer: object, scope: object): boolean {
  return outer === scope || Object.prototype.isPrototypeOf.call(outer, scope);
}

/** Runs hooks one after the other; `then` is called once, with what the first of them refused. */
export function runHooks(
  hooks: readonly Hook[],
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  then: Done,
): void {
  let at = 0;
  const next: Done = (error) => {
    if (error != null) return then(error);
    const hook = hooks[at];
    if (hook === undefined) return then();
    at += 1;
    try {
      const running = hook(request, reply, next) as Promise<void> | undefined;
      if (typeof running?.then === "function") running.then(() => next(), next);
    } catch (thrown) {
      then(thrown as Error);
    }
  };
  next();
}
