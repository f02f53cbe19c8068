import { appendFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import postgres from "postgres";
import { describe, expect, it } from "vitest";
import {
  findWatcher,
  isAlive,
  isLinux,
  openTestGround,
  patienceMs,
  query,
  serverPid,
} from "../../../tests/embedded-postgres/test-ground.ts";
import { findServers } from "./find-servers.ts";
import { poll } from "./poll.ts";

const ground = openTestGround();

describe("a server killed with kill -9", () => {
  it("comes back at the same address with every committed row, again and again", async () => {
    const dataDir = await ground.makeFolder();
    const { url } = await ground.start(dataDir);
    await query(url, "CREATE TABLE coins (amount int)");
    for (let round = 1; round <= 3; round++) {
      await query(url, `INSERT INTO coins VALUES (${round})`);
      const pid = await serverPid(dataDir);
      process.kill(pid, "SIGKILL");
      await poll({
        timeoutMs: patienceMs,
        until: async () => (await serverPid(dataDir).catch(() => pid)) !== pid,
      });
      expect(await query(url, "SELECT count(*)::int AS coins FROM coins")).toEqual([{ coins: round }]);
    }
  });

  it("comes back for a pool of connections that was open", async () => {
    const dataDir = await ground.makeFolder();
    const { url } = await ground.start(dataDir);
    const sql = postgres(url, { max: 2 });
    await sql`SELECT 1`;
    const killed = await serverPid(dataDir);
    process.kill(killed, "SIGKILL");
    const isAnsweredByAnother = async () => {
      const rows = await sql`SELECT 1`.catch(() => []);
      return rows.length === 1 && (await serverPid(dataDir)) !== killed;
    };
    const answered = await poll({ timeoutMs: patienceMs, until: isAnsweredByAnother });
    await sql.end({ timeout: 1 }); // without a limit it may wait for ever after a crash, a fault of the client
    expect(answered).toBe(true);
  });

  it.skipIf(!isLinux)("comes back although an orphaned connection will not end by itself", async () => {
    const dataDir = await ground.makeFolder();
    const { url } = await ground.start(dataDir);
    const sql = postgres(url, { max: 1 });
    const [row] = await sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
    const backend = row?.pid ?? 0;
    const server = await serverPid(dataDir);
    process.kill(backend, "SIGSTOP");
    process.kill(server, "SIGKILL");
    await poll({ timeoutMs: patienceMs, until: () => !isAlive(backend) });
    await sql.end({ timeout: 1 });
    expect(isAlive(backend)).toBe(false);
    expect(await query(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  it("is given up in the end, and stop still works", async () => {
    const dataDir = await ground.makeFolder();
    let reason: Error | undefined;
    const onGaveUp = (error: Error) => {
      reason = error;
    };
    const embedded = await ground.start(dataDir, { restartPauseMinMs: 1, onGaveUp });
    await appendFile(join(dataDir, "postgres", "postgresql.conf"), "\nnonsense = 1\n");
    process.kill(await serverPid(dataDir), "SIGKILL");
    await poll({ timeoutMs: patienceMs, until: () => reason !== undefined });
    expect(reason?.message).toMatch(/^PostgreSQL could not start/);
    await embedded.stop();
  });

  it("is not started again once we are stopping", async () => {
    const dataDir = await ground.makeFolder();
    const embedded = await ground.start(dataDir);
    process.kill(await serverPid(dataDir), "SIGKILL");
    await embedded.stop();
    expect(await findServers(join(dataDir, "postgres"))).toEqual([]);
  });
});

describe("our own process killed with kill -9", () => {
  it("takes its server along", async () => {
    const dataDir = await ground.makeFolder();
    const { child } = await ground.launchInChild(dataDir).answer;
    expect(await findServers(join(dataDir, "postgres"))).not.toEqual([]);
    child.kill("SIGKILL");
    const until = async () => (await findServers(join(dataDir, "postgres"))).length === 0;
    expect(await poll({ timeoutMs: patienceMs, until })).toBe(true);
  });

  it("leaves data and directory to the next start at once", async () => {
    const dataDir = await ground.makeFolder();
    const { child, url } = await ground.launchInChild(dataDir).answer;
    await query(url ?? "", "CREATE TABLE coins AS SELECT 7 AS amount");
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exited;
    const next = await ground.start(dataDir);
    expect(await query(next.url, "SELECT amount FROM coins")).toEqual([{ amount: 7 }]);
  });

  it.skipIf(!isLinux)("leaves a server that the next start stops and replaces", async () => {
    const dataDir = await ground.makeFolder();
    const { child, url } = await ground.launchInChild(dataDir).answer;
    await query(url ?? "", "CREATE TABLE coins AS SELECT 7 AS amount");
    const orphan = await serverPid(dataDir);
    process.kill(await findWatcher(orphan), "SIGKILL");
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exited;
    expect(isAlive(orphan)).toBe(true);
    const next = await ground.start(dataDir);
    expect(await poll({ timeoutMs: patienceMs, until: () => !isAlive(orphan) })).toBe(true);
    expect(await query(next.url, "SELECT amount FROM coins")).toEqual([{ amount: 7 }]);
    expect(ground.lines).toContain("stopping a PostgreSQL left over from an earlier run");
  });

  it("leaves nothing behind when it was making the cluster", async () => {
    const dataDir = await ground.makeFolder();
    const { child } = ground.launchInChild(dataDir);
    const unfinished = async () => (await readdir(dataDir)).find((name) => name.startsWith("postgres.init-"));
    const isHalfDone = async () => {
      const path = join(dataDir, (await unfinished()) ?? "none", "cluster", "PG_VERSION");
      return stat(path).then(
        () => true,
        () => false,
      );
    };
    expect(await poll({ timeoutMs: patienceMs, until: isHalfDone })).toBe(true);
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exited;
    expect(await readdir(dataDir)).not.toContain("postgres");
    const next = await ground.start(dataDir);
    expect(await query(next.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect(await unfinished()).toBeUndefined();
  });
});

describe("a pid file that names somebody else", () => {
  it("does not stop the start, and does not harm the other process", async () => {
    const dataDir = await ground.makeFolder();
    await (await ground.start(dataDir)).stop();
    const { uid } = await stat(join(dataDir, "postgres"));
    const { pid } = ground.runSleeper(uid);
    await writeFile(join(dataDir, "postgres", "postmaster.pid"), `${pid}\n${join(dataDir, "postgres")}\n`);
    await writeFile(join(dataDir, "postgres", ".s.PGSQL.5432.lock"), `${pid}\n`);
    const { url } = await ground.start(dataDir);
    expect(await query(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect(isAlive(pid ?? 0)).toBe(true);
  });
});
