// Which methods a path allows, for the answer to a request with another method. Asked only where no route was found.
import type { HttpServer } from "./http-server.ts";

/** Call this before any route is added. Returns the methods of a path, sorted; empty for an unknown path. */
export function watchMethods(server: HttpServer): (path: string) => readonly string[] {
  const patterns = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();
  server.addHook("onRoute", ({ url, method }) => {
    const known = patterns.get(url) ?? { pattern: toPattern(url), methods: new Set<string>() };
    patterns.set(url, known);
    for (const each of [method].flat()) known.methods.add(each);
  });
  return (path) => {
    const found = [...patterns.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(found.flatMap(({ methods }) => [...methods]))].sort();
  };
}

/** "/holds/:id/capture" as a pattern of paths. A route that matches any path at all is left out. */
function toPattern(url: string): RegExp {
  if (url.includes("*")) return /(?!)/;
  const steps = url.split("/").map((step) => (step.startsWith(":") ? "[^/]+" : RegExp.escape(step)));
  return new RegExp(`^${steps.join("/")}$`);
}
