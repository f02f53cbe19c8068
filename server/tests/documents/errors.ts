// Writes docs/errors.md from every errors.ts, so that each code a client may meet is explained with its way out.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { errorCodes } from "fastify";
import { describeMissingUpgrade, describeWrongMethod, statusOf, toProblem } from "../../src/http/problem.ts";
import { MODULE_ORDER } from "../../src/modules.ts";
import type { ErrorEntry } from "../../src/values/app-error.ts";
import { ROOT } from "../architecture/source-files.ts";

const INTRODUCTION = `# Errors

Every refusal is an RFC 9457 problem (\`application/problem+json\`) with a stable \`code\`; codes are never renamed. A bug
of ours is answered with status 500 and the request's id alone.
`;

type ErrorList = Readonly<Record<string, ErrorEntry>>;

/** The document: one table for what every endpoint may answer, then one per module. */
export async function renderErrors(): Promise<string> {
  const tables = [renderTable("Every endpoint", await loadErrors("http"))];
  for (const module of MODULE_ORDER) {
    const errors = await loadErrors(`modules/${module}`);
    if (Object.keys(errors).length > 0) tables.push(renderTable(module, errors));
  }
  return [INTRODUCTION, ...tables].join("\n");
}

async function loadErrors(area: string): Promise<ErrorList> {
  const file = join(ROOT, "server", "src", area, "errors.ts");
  if (!existsSync(file)) return {};
  const exported = (await import(file)) as Record<string, ErrorList>;
  const lists = Object.entries(exported).filter(([name]) => name.endsWith("_ERRORS"));
  return Object.assign({}, ...lists.map(([, list]) => list)) as ErrorList;
}

function renderTable(title: string, errors: ErrorList): string {
  const statuses = findFrameworkStatuses();
  const rows = Object.entries(errors)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { kind, title: meaning, wayOut }]) => {
      const cells = [`\`${code}\``, `${statuses.get(code) ?? statusOf(kind)} ${kind}`, meaning, wayOut];
      return `| ${cells.map((cell) => escapeCell(cell)).join(" | ")} |`;
    });
  return [
    `## ${title}`,
    "",
    "| code | status and kind | meaning | way out |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

/** Some refusals are the framework's or HTTP's own, and keep the status that HTTP has for them, such as 405 and 413. */
function findFrameworkStatuses(): ReadonlyMap<string, number> {
  const errors = [
    ...Object.values(errorCodes).map((FrameworkError) => new FrameworkError()),
    ...["HPE_HEADER_OVERFLOW", "ERR_HTTP_REQUEST_TIMEOUT"].map((code) =>
      Object.assign(new Error(), { code }),
    ),
    new Error("a bug"),
  ];
  const ofHttp = [describeWrongMethod("GET", []), describeMissingUpgrade()];
  const problems = [...errors.map(toProblem), ...ofHttp].filter(({ code }) => code !== "invalid_request");
  return new Map(problems.map(({ code, status }) => [code, status]));
}

/** Keeps a table's cell whole, and "<token>" visible outside of code. */
function escapeCell(text: string): string {
  const parts = text.replaceAll("|", "\\|").split("`");
  return parts.map((part, index) => (index % 2 === 0 ? part.replaceAll("<", "&lt;") : part)).join("`");
}
