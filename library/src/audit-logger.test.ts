import { execFile } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { AuditLogEntry } from "./audit-entry.ts";
import { AuditLogger } from "./audit-logger.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "countinghouse-log-"));
  path = join(folder, "logs", "audit.log");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const readEntries = (): AuditLogEntry[] =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

it("F6-34: logs who did what in entries that chain", async () => {
  const audit = new AuditLogger({ path });
  const entries = [
    await audit.logLoginSuccess("ada", { ip: "192.0.2.7" }),
    await audit.logLoginFailure("mallory", "wrong_password", { attempts: 3 }),
    await audit.logLogout("ada"),
    await audit.logPasswordChange("ada"),
    await audit.logTokenCreated("ada"),
    await audit.logTokenRefused("expired"),
    await audit.logAccessDenied("ada", "/admin"),
    await audit.logTransaction("ada", "tx-1", { amount: "10.50", currency: "EUR" }),
    await audit.log({ event: "report.write", actorId: "cron" }),
  ];
  expect(readEntries()).toEqual(entries);
  expect(entries.map(({ seq }) => seq)).toEqual([...entries.keys()]);
  for (const [index, { previous_hash }] of entries.entries())
    expect(previous_hash).toBe(entries[index - 1]?.hash ?? "0".repeat(64));
  expect(entries[1]).toMatchObject({
    event: "authn_login_fail",
    outcome: "refused",
    actor_id: "anonymous",
    resource: { type: "user", id: "mallory" },
    code: "wrong_password",
    details: { attempts: 3 },
  });
  expect(await audit.verify()).toEqual({ valid: true, entryCount: 9, head: entries[8]?.hash });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it("F6-34: names the first line that is not as it was written", async () => {
  const audit = new AuditLogger({ path });
  for (const name of ["ada", "bob", "eve", "joe"]) await audit.logLoginSuccess(name);
  const whole = readFileSync(path, "utf8");
  const lines = whole.trimEnd().split("\n");
  const [one = "", two = "", three = "", four = ""] = lines;
  const forged = { ...JSON.parse(two), actor_id: "mallory" };
  const tampered: [lines: string[], line: number, reason: RegExp][] = [
    [[one, two.replace("bob", "mallory"), three, four], 2, /changed/],
    [[one, `${two} `, three, four], 2, /changed/],
    [[one, JSON.stringify(forged), three, four], 2, /changed/],
    [[one, three, four], 2, /missing/],
    [[one, three, two, four], 2, /missing/],
    [[two, three, four], 1, /missing/],
    [[one, two, two, three, four], 3, /missing/],
    [[one, "{}", three, four], 2, /no entry/],
    [[one, "", two, three, four], 2, /no entry/],
    [[one, two.replace(JSON.parse(one).hash, "0".repeat(64)), three, four], 2, /does not follow/],
  ];
  for (const [text, line, reason] of tampered) {
    writeFileSync(path, `${text.join("\n")}\n`);
    expect(await audit.verify()).toEqual({ valid: false, line, reason: expect.stringMatching(reason) });
  }
  writeFileSync(path, `${[one, two].join("\n")}\n`); // the end cut off: only the head that was kept elsewhere tells
  expect(await audit.verify()).toEqual({ valid: true, entryCount: 2, head: JSON.parse(two).hash });
  expect(await new AuditLogger({ path: join(folder, "none") }).verify()).toEqual({
    valid: true,
    entryCount: 0,
    head: "0".repeat(64),
  });
});

it("F6-34: the chain does not fork, however many loggers and processes write", async () => {
  const write = `
    const { AuditLogger } = await import(${JSON.stringify(join(import.meta.dirname, "audit-logger.ts"))});
    const loggers = [1, 2].map(() => new AuditLogger({ path: process.argv[1] }));
    await Promise.all(Array.from({ length: 40 }, (_, n) => loggers[n % 2].logLoginSuccess(process.pid + "-" + n)));`;
  const run = () => promisify(execFile)(process.execPath, ["--input-type=module", "-e", write, path]);
  await Promise.all([run(), run(), run()]);
  expect(await new AuditLogger({ path }).verify()).toMatchObject({ valid: true, entryCount: 120 });
  expect(new Set(readEntries().map(({ actor_id }) => actor_id)).size).toBe(120);
  expect(existsSync(`${path}.lock`)).toBe(false);
});

it("F6-34: goes on behind what a process that died has left: half a line, and its lock", async () => {
  const audit = new AuditLogger({ path });
  const first = await audit.logLoginSuccess("ada");
  appendFileSync(path, '{"actor_id":"ada","at":"20');
  writeFileSync(`${path}.lock`, "a process that died");
  const long = Date.now() / 1_000 - 60;
  utimesSync(`${path}.lock`, long, long);
  const second = await audit.logLoginSuccess("bob");
  expect(second).toMatchObject({ seq: 1, previous_hash: first.hash });
  expect(await audit.verify()).toMatchObject({ valid: true, entryCount: 2 });
});

it("F6-34: keeps no secrets, takes what JSON can say, and refuses the rest without writing", async () => {
  const audit = new AuditLogger({ path });
  const at = new Date(0);
  const { details } = await audit.logLoginSuccess("ada", {
    password: "hunter2",
    nested: [{ accessToken: "x", api_key: "y", note: "kept" }],
    when: at,
    large: 2n ** 70n,
    __proto__: null,
    constructor: "a name like any other",
  });
  expect(details).toEqual({
    password: "[redacted]",
    nested: [{ accessToken: "[redacted]", api_key: "[redacted]", note: "kept" }],
    when: at.toISOString(),
    large: String(2n ** 70n),
    constructor: "a name like any other",
  });
  const loop: Record<string, unknown> = {};
  loop["self"] = loop;
  const refused = [
    () => audit.logLoginSuccess(""),
    () => audit.logLoginSuccess("\ud800"),
    () => audit.logLoginSuccess("ada", loop),
    () => audit.logLoginSuccess("ada", { n: Number.NaN }),
    () => audit.logLoginSuccess("ada", { f: () => 1 }),
    () => audit.logLoginSuccess("ada", { long: "x".repeat(70_000) }),
  ];
  for (const log of refused) await expect((async () => log())()).rejects.toThrow();
  expect(await audit.verify()).toMatchObject({ valid: true, entryCount: 1 });
});

it("F6-34: leaves a file alone that is no audit log", async () => {
  const existing = join(folder, "notes.txt");
  for (const text of ["my notes", "my notes\n", "my notes\nand more", '{"a":1}\n{"b"', "\n"]) {
    writeFileSync(existing, text);
    await expect(new AuditLogger({ path: existing }).logLogout("ada")).rejects.toThrow(
      "does not end with an entry",
    );
    expect(readFileSync(existing, "utf8")).toBe(text);
  }
  writeFileSync(existing, '{"actor_id":"ada","at'); // the first entry, half written
  expect(await new AuditLogger({ path: existing }).logLogout("ada")).toMatchObject({ seq: 0 });
});
