// Settings that are derived from others where they are not set: the URLs of databases and mail servers from their
// parts, the sender from the mail user, the public address from the port.
import { parseEmailAddress } from "../values/email-address.ts";
import type { Gathered } from "./gather-values.ts";

const DB_PARTS = ["DB_NAME", "DB_USER", "DB_PASSWORD", "DB_HOST", "DB_PORT"] as const;
const EMAIL_PARTS = ["EMAIL_USERNAME", "EMAIL_PASSWORD", "EMAIL_HOST", "EMAIL_PORT"] as const;
const ADDRESS = /^[^\s@"<>,;]+@([^\s@"<>,;]+)$/;

interface Deriving {
  readonly given: Map<string, string>;
  readonly givenAs: Map<string, string>;
  readonly problems: string[];
  readonly notes: string[];
}

/** Adds derived values to the given ones. A complete value wins over its parts, and a note says so. */
export function deriveValues({ given, givenAs }: Gathered, told: Pick<Deriving, "problems" | "notes">): void {
  const deriving = { given, givenAs, ...told };
  if (hasParts(deriving, "DB_URL", DB_PARTS)) deriveDatabase(deriving);
  if (hasParts(deriving, "SMTP_URL", EMAIL_PARTS)) deriveMailServer(deriving);
  const port = given.get("PORT")?.trim() ?? "";
  if (readPort(port) !== undefined && !given.has("PUBLIC_URL"))
    given.set("PUBLIC_URL", `http://localhost:${port}`);
}

function hasParts({ given, notes }: Deriving, whole: string, parts: readonly string[]): boolean {
  const set = parts.filter((name) => given.has(name));
  if (set.length === 0) return false;
  if (given.has(whole)) notes.push(`${set.join(", ")}: not used, because ${whole} is set`);
  return !given.has(whole);
}

function deriveDatabase({ given, givenAs, problems }: Deriving): void {
  const [name, user] = [given.get("DB_NAME"), given.get("DB_USER")];
  if (name === undefined || user === undefined) {
    const missing = name === undefined ? "DB_NAME" : "DB_USER";
    const beside = DB_PARTS.find((part) => given.has(part));
    problems.push(
      `${missing} must be set with ${beside}: together they name a PostgreSQL, as DB_URL does in one`,
    );
    return;
  }
  const host = readHost(given.get("DB_HOST") ?? "localhost", "DB_HOST", problems);
  const port = readPort(given.get("DB_PORT") ?? "5432");
  if (host === undefined || port === undefined) return;
  const password = given.get("DB_PASSWORD");
  const who = [user, ...(password === undefined ? [] : [password])].map(encodeURIComponent).join(":");
  const isSocket = host.startsWith("/");
  const where = isSocket ? `localhost:${port}` : `${host}:${port}`;
  const folder = isSocket ? `?host=${encodeURIComponent(host)}` : "";
  given.set("DB_URL", `postgres://${who}@${where}/${encodeURIComponent(name)}${folder}`);
  givenAs.set("DB_URL", "DB_NAME at DB_HOST");
}

function deriveMailServer({ given, problems }: Deriving): void {
  const [user, password] = [given.get("EMAIL_USERNAME"), given.get("EMAIL_PASSWORD")];
  if (user === undefined || password === undefined) {
    const missing = user === undefined ? "EMAIL_USERNAME" : "EMAIL_PASSWORD";
    const beside = EMAIL_PARTS.find((part) => given.has(part));
    problems.push(`${missing} must be set with ${beside}: together they sign in to a mail server`);
    return;
  }
  const [, domain] = ADDRESS.exec(user) ?? [];
  const named = given.get("EMAIL_HOST") ?? (domain === undefined ? undefined : `smtp.${domain}`);
  if (named === undefined) {
    problems.push(
      "EMAIL_HOST must be set: EMAIL_USERNAME is no address whose domain would tell the mail server",
    );
    return;
  }
  const host = readHost(named, "EMAIL_HOST", problems);
  const port = readPort(given.get("EMAIL_PORT") ?? "587");
  if (host === undefined || port === undefined) return;
  const scheme = port === "465" ? "smtps" : "smtp";
  const isHere = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(host);
  const tls = port === "465" || isHere ? "" : "?requireTLS=true";
  given.set(
    "SMTP_URL",
    `${scheme}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}${tls}`,
  );
  if (parseEmailAddress(user) !== undefined && !given.has("MAIL_FROM"))
    given.set("MAIL_FROM", `Countinghouse <${user}>`);
}

/** Escaped for a URL; a folder is left as it is. */
function readHost(text: string, name: string, problems: string[]): string | undefined {
  const host = text.trim();
  if (name === "DB_HOST" && /^\/[^\0]*$/.test(host)) return host;
  if (/^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(host)) return `[${host}]`;
  if (/^([\w.-]+|\[[0-9a-f:.]+\])$/i.test(host)) return host;
  problems.push(
    `${name} must be a host's name or address alone, not "${text}"; the port is ${name.replace("HOST", "PORT")}`,
  );
  return undefined;
}

/** Undefined where it is not valid, which is reported where all values are read. */
function readPort(text: string): string | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535 ? text : undefined;
}
