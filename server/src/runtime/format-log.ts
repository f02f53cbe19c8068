// Writes a line of the log for a person at a terminal: time, severity, what happened, and the remaining fields. Nothing in it can
// control the terminal: control characters, which may come from a client, are written as escapes.
import { styleText } from "node:util";
import { ownOf } from "../values/own-of.ts";

type Style = Parameters<typeof styleText>[0];
type Fields = Readonly<Record<string, unknown>>;

const STYLES: Readonly<Record<string, Style>> = {
  trace: "dim",
  debug: "dim",
  info: "green",
  warn: "yellow",
  error: "red",
  fatal: "red",
};
/** Fields that every line has, or that are already part of what was written before. */
const LEFT_OUT = new Set([
  "log.level",
  "@timestamp",
  "service.name",
  "process.pid",
  "ecs.version",
  "message",
  "err",
  "http.request.id",
  "http.request.method",
  "url.path",
  "http.response.status_code",
  "event.duration",
  "error.code",
  "user.id",
  "client.ip",
]);

/** @param json a line of the log as JSON @param isColored whether the terminal shows colors */
export function formatLogLine(json: string, isColored: boolean): string {
  const fields: Fields = JSON.parse(json);
  const paint = (style: Style, text: string) =>
    isColored ? styleText(style, text, { validateStream: false }) : text;
  const level = String(fields["log.level"]);
  const time = new Date(String(fields["@timestamp"])).toTimeString().slice(0, 8);
  const rest = Object.entries(fields).filter(([name]) => !LEFT_OUT.has(name));
  const said = rest.map(([name, value]) => paint("dim", `${name}=${toText(value)}`));
  const what = "http.request.method" in fields ? describeRequest(fields) : String(fields["message"] ?? "");
  const line = [
    paint("dim", time),
    paint(ownOf(STYLES, level) ?? "dim", level.toUpperCase().padEnd(5)),
    escapeControls(`${what}${describeFault(fields["err"])}`),
    ...said.map((part) => (isColored ? part : escapeControls(part))),
  ].join(" ");
  const stack = level === "error" || level === "fatal" ? stackOf(fields["err"]) : "";
  return `${line}\n${stack}`;
}

/** `POST /api/v1/orders 422 insufficient_funds 12 ms ada` */
function describeRequest(fields: Fields): string {
  const code = fields["error.code"];
  const parts = [
    fields["http.request.method"],
    fields["url.path"],
    fields["http.response.status_code"],
    code,
    `${Math.round(Number(fields["event.duration"]) / 1e6)} ms`,
    fields["user.id"],
    // A user who reports an error has the id of the request, by which more can be found in the log.
    code === undefined ? undefined : `(${fields["http.request.id"]})`,
  ];
  return parts.filter((part) => part !== undefined).join(" ");
}

/** `: connect ECONNREFUSED 127.0.0.1:5432 (ECONNREFUSED)` */
function describeFault(err: unknown): string {
  if (typeof err !== "object" || err === null) return "";
  const fault = err as Fields;
  const code = fault["error.code"];
  return `: ${fault["error.message"]}${code === undefined ? "" : ` (${code})`}`;
}

function stackOf(err: unknown): string {
  const stack = (err as Fields | undefined)?.["error.stack_trace"];
  if (typeof stack !== "string") return "";
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return frames.map((frame) => `${escapeControls(frame)}\n`).join("");
}

function toText(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return escapeControls(text);
}

function escapeControls(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}
