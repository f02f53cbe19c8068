// The page at /: what runs here, whether it can be used, whether the book agrees, and where to go on. Made on the server,
// without a script; a program gets the same as JSON. It tells strangers nothing that they could not find out otherwise.
import { createHash } from "node:crypto";
import { type ContentPolicy, readSecurityHeaders } from "../edge.ts";
import type { HttpServer } from "../http-server.ts";

export interface HomeState {
  /** "ready", or what stands against it: "database unavailable". */
  readonly status: string;
  /** What does not work although requests can be served, in words. */
  readonly degraded: readonly string[];
  /** The newest check of the whole; null before the first, undefined where it cannot be read. */
  readonly integrity:
    | { readonly checkedAt: Date; readonly differences: number; readonly kinds: readonly string[] }
    | null
    | undefined;
}

export interface HomeOptions {
  readonly readState: () => Promise<HomeState>;
  /** Further facts in words, by label. */
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly links: readonly HomeLink[];
}

export interface HomeLink {
  /** The URL, relative to the page. */
  readonly href: string;
  readonly title: string;
  readonly what: string;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1c1e21; --soft: #5c6370; --line: #d9dce1; --good: #14713d; --bad: #b3261e; --back: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #9aa1ad; --line: #363b43; --good: #5fd38d; --bad: #ff8a80; --back: #16181c; } }
body { margin: 0; background: var(--back); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 44rem; margin: 0 auto; padding: 3.5rem 1.25rem; }
h1 { margin: 0; font-size: 1.9rem; } h2 { margin: 2.4rem 0 .6rem; font-size: 1.1rem; }
p { margin: .3rem 0; } .soft { color: var(--soft); } .good { color: var(--good); } .bad { color: var(--bad); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.5rem; margin: 0; } dt { color: var(--soft); } dd { margin: 0; }
ul { list-style: none; margin: 0; padding: 0; border-top: 1px solid var(--line); }
li { display: grid; grid-template-columns: 12rem 1fr; gap: 1rem; padding: .55rem 0; border-bottom: 1px solid var(--line); }
a { color: inherit; font-weight: 600; } strong { font-weight: 650; }
@media (max-width: 34rem) { li { grid-template-columns: 1fr; gap: 0; } }
`;

const POLICY: ContentPolicy = {
  defaultSrc: ["'none'"],
  styleSrc: [`'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`],
  imgSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

/** The icon for browsers' tabs: a pair of scales. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#14713d"/><path d="M16 7v18M9 25h14M6 12h20M9 12l-4 7h8zM23 12l-4 7h8z" fill="none" stroke="#fff" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"/></svg>`;

const PUBLIC = { config: { public: true }, schema: { hide: true } } as const;

export function addHome(server: HttpServer, { readState, ...shown }: HomeOptions): void {
  const headers = readSecurityHeaders(POLICY);
  server.get("/", PUBLIC, async ({ headers: { accept = "" } }, reply) => {
    const state = await readState();
    reply.headers({ vary: "accept", "cache-control": "no-store" });
    if (!accept.includes("text/html")) return describe(state);
    return reply.headers(headers).type("text/html; charset=utf-8").send(render(state, shown));
  });
  server.get("/favicon.svg", PUBLIC, (_request, reply) =>
    reply.header("cache-control", "max-age=86400").type("image/svg+xml").send(ICON),
  );
}

function describe({ status, degraded, integrity }: HomeState): object {
  return {
    name: "Countinghouse",
    status,
    degraded,
    integrity:
      integrity == null
        ? null
        : { clean: integrity.differences === 0, checked_at: integrity.checkedAt.toISOString() },
    docs: "/docs/",
    openapi: "/openapi.json",
  };
}

function render(state: HomeState, { facts, links }: Omit<HomeOptions, "readState">): string {
  const { status, degraded } = state;
  const isReady = status === "ready" && degraded.length === 0;
  const said = status === "ready" ? "Ready" : `Not ready: ${status}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Countinghouse</title>
<link rel="icon" href="favicon.svg" type="image/svg+xml">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Countinghouse</h1>
<p class="soft">Orders, stock and money that never disagree.</p>
<h2>Running</h2>
<dl>
<dt>Status</dt><dd class="${isReady ? "good" : "bad"}"><strong>${escapeHtml(said)}</strong></dd>
${degraded.map((what) => `<dt>Does not work</dt><dd class="bad">${escapeHtml(what)}</dd>`).join("\n")}
${facts.map(([label, value]) => `<dt>${escapeHtml(label)}</dt><dd>${escapeHtml(value)}</dd>`).join("\n")}
</dl>
<h2>Integrity</h2>
${describeIntegrity(state.integrity)}
<h2>Where to go on</h2>
<ul>
${links.map(({ href, title, what }) => `<li><a href="${escapeHtml(href)}">${escapeHtml(title)}</a><span class="soft">${escapeHtml(what)}</span></li>`).join("\n")}
</ul>
</main>
</body>
</html>
`;
}

function describeIntegrity(integrity: HomeState["integrity"]): string {
  if (integrity === undefined)
    return '<p class="bad"><strong>Not known</strong>: the newest check cannot be read.</p>';
  if (integrity === null)
    return '<p class="soft">Not checked yet: the first check is made within minutes of the start.</p>';
  const { checkedAt, differences, kinds } = integrity;
  const when = `Checked ${formatMinute(checkedAt)}: ${kinds.join(", ")}.`;
  const verdict =
    differences === 0
      ? '<p class="good"><strong>Everything agrees.</strong></p>'
      : `<p class="bad"><strong>${differences === 1 ? "1 difference was" : `${differences} differences were`} found.</strong> Run: npx countinghouse verify</p>`;
  return `${verdict}\n<p class="soft">${escapeHtml(when)}</p>`;
}

/** "2026-11-21 09:05 UTC" */
export function formatMinute(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
