// Which methods a path takes, for the answer to one that it does not take. Asked only where no route was found.
import type { HttpServer } from "./http-server.ts";

/** To be called before any route is added. Returns the methods of a path, sorted; empty where nobody knows it. */
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

/** "/holds/:id/capture" as a pattern of paths. What stands for any path at all is no path of its own. */
function toPattern(url: string): RegExp {
  if (url.includes("*")) return /(?!)/;
  const steps = url.split("/").map((step) => (step.startsWith(":") ? "[^/]+" : RegExp.escape(step)));
  return new RegExp(`^${steps.join("/")}$`);
}
