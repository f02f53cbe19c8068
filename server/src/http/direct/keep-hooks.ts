// Records the hooks that are added to the framework, by scope, so that the direct way runs the same ones: a rule for
// every request is written once, whichever way the request takes.
import type { FastifyReply, FastifyRequest } from "fastify";

export type Done = (error?: Error) => void;
/** A hook as the framework knows it: calls `done`, or returns a promise. */
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
  /** The hooks of this name that apply to routes of the scope, in the framework's order. */
  readonly of: (scope: object, name: HookName) => readonly Hook[];
}

interface HookedScope {
  addHook: (name: string, hook: Hook) => unknown;
}

/** Call this before any hook is added. */
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

/** A scope inherits the hooks of the scope around it, by prototype. */
function holdsIn(outer: object, scope: object): boolean {
  return outer === scope || Object.prototype.isPrototypeOf.call(outer, scope);
}

/** Runs hooks one after the other; `then` is called once, with the first refusal if there is one. */
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
