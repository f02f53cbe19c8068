// Processor time of the server and of PostgreSQL, from Linux's /proc: on a machine that others use too it says more than
// any rate. Elsewhere it is not shown.
import { readdirSync, readFileSync } from "node:fs";
import type { Sql } from "../server/src/runtime/database.ts";

const TICK_MS = 10; // the unit of /proc, the same on every Linux

export interface ProcessorTime {
  readonly serverMs: number;
  readonly postgresMs: number;
}

/** Undefined where there is no /proc, or PostgreSQL runs on another machine. */
export async function readProcessorTime(serverPid: number, sql: Sql): Promise<ProcessorTime | undefined> {
  const [row] = await sql<[{ pid: number }]>`SELECT pg_backend_pid() AS pid`;
  const server = readStat(serverPid);
  const postmaster = readStat(row.pid)?.parent;
  if (server === undefined || postmaster === undefined) return undefined;
  const backends = readdirSync("/proc").flatMap((name) =>
    /^\d+$/.test(name) ? [readStat(Number(name))] : [],
  );
  const postgresMs = backends.reduce((sum, stat) => sum + (stat?.parent === postmaster ? stat.ms : 0), 0);
  return { serverMs: server.ms, postgresMs };
}

/** proc(5): the name in parentheses may hold anything, so fields are counted from behind it. */
function readStat(pid: number): { parent: number; ms: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { parent: Number(fields[1]), ms: (Number(fields[11]) + Number(fields[12])) * TICK_MS };
  } catch {
    return undefined;
  }
}
