// The budget of a transfer: its processor time by part, from a profile of the server while it serves transfers. A sample belongs to
// the part of the innermost of our functions that was running; what Node does for no function of ours stands by itself.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Figure } from "../figures.ts";
import { startServer } from "../server-process.ts";
import type { Workbench } from "../workbench.ts";
import { measureLoad } from "./rows.ts";

const SAMPLE_EVERY_US = 500;
const LOAD = { traffic: "transfers", spread: "uniform", inFlight: 256 } as const;

/** By the path of the file that a function stands in; the first that fits counts. */
const PARTS: readonly (readonly [part: string, path: RegExp])[] = [
  ["log of transfers", /modules\/audit\/checkpoints\/|transfer-lea(f|ves)/],
  ["chain of the trail", /modules\/audit\/(sequencer|proofs|entries\/write-body|entries\/personal)/],
  ["driver", /runtime\/(batch-driver|transaction|row-columns|sql-array|idempotency)|node_modules\/pg/],
  ["decide", /modules\/(desk|ledger|banking|risk|audit)\/|runtime\/group-commit|src\/values\//],
  ["HTTP", /src\/http\/|node:_http|node_modules\/(fastify|secure-json-parse|jose|prom-client)/],
  ["other modules", /src\/|node_modules\//],
];
const COLLECTOR = "(garbage collector)";
const IDLE: ReadonlySet<string> = new Set(["(idle)", "(program)"]);

/** The part of a profile that V8 writes with `--cpu-prof` which is needed here; times in microseconds. */
interface Profile {
  readonly startTime: number;
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Of one more server on the same database, for a profile slows it down. In microseconds a transfer. */
export async function measureBudget(
  bench: Workbench,
  seconds: number,
  { notes, onProgress }: { notes: string[]; onProgress: (text: string) => void },
): Promise<Figure[]> {
  onProgress("the budget of a transfer, with a profile");
  const folder = await mkdtemp(join(tmpdir(), "countinghouse-profile-"));
  try {
    const flags = ["--cpu-prof", `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${SAMPLE_EVERY_US}`];
    const server = await startServer({ ...bench.serverOptions, nodeFlags: flags });
    const measure = () => measureLoad({ ...bench, server }, { id: "budget", load: LOAD }, { seconds, notes });
    await measure().catch(async (error) => {
      await server.stop();
      throw error;
    });
    const from = nowUs();
    const sample = await measure().finally(server.stop);
    const shares = readShares(await readProfile(folder), { from, until: nowUs() });
    const { serverUs = 0, postgresUs = 0, clientUs = 0 } = sample;
    return [
      ...[...shares].map(([part, share]) => describe(part, share * serverUs)),
      describe("PostgreSQL", postgresUs),
      describe("client", clientUs),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function describe(part: string, value: number): Figure {
  return { label: `budget of a transfer: ${part}`, value, unit: "µs" };
}

/** V8 dates samples by the same monotonic clock. */
function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** The largest file: the server's, not that of a short-lived process it started. */
async function readProfile(folder: string): Promise<Profile> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".cpuprofile"));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), "utf8")));
  const [largest] = texts.toSorted((a, b) => b.length - a.length);
  if (largest === undefined) throw new Error("the server wrote no profile");
  return JSON.parse(largest) as Profile;
}

/** Parts with their share of the time in which the server was busy, the largest first. */
export function readShares(
  profile: Profile,
  { from, until }: { readonly from: number; readonly until: number },
): ReadonlyMap<string, number> {
  const partOf = createPartReader(profile);
  const spent = new Map<string, number>();
  let at = profile.startTime;
  let total = 0;
  for (const [index, id] of profile.samples.entries()) {
    const us = profile.timeDeltas[index] ?? 0;
    at += us;
    const part = at < from || at > until ? undefined : partOf(id);
    if (part === undefined) continue;
    spent.set(part, (spent.get(part) ?? 0) + us);
    total += us;
  }
  const shares = [...spent].map(([part, us]) => [part, us / total] as const);
  return new Map(shares.toSorted(([, a], [, b]) => b - a));
}

/** Undefined: the server was idle. */
function createPartReader({ nodes }: Profile): (id: number) => string | undefined {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const callers = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const known = new Map<number, string | undefined>();
  const find = (id: number): string | undefined => {
    const { functionName = "", url = "" } = byId.get(id)?.callFrame ?? {};
    if (IDLE.has(functionName)) return undefined;
    if (functionName === COLLECTOR) return "garbage collection";
    const [part] = PARTS.find(([, path]) => path.test(url)) ?? [];
    const caller = callers.get(id);
    return part ?? (caller === undefined ? "Node itself" : partOf(caller));
  };
  const partOf = (id: number): string | undefined => {
    if (!known.has(id)) known.set(id, find(id));
    return known.get(id);
  };
  return partOf;
}
