import { appendFile, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import postgres from "postgres";
import { describe, expect, it } from "vitest";
import { isAlive, openTestGround, query, serverPid } from "../../../tests/embedded-postgres/test-ground.ts";
import { openDatabase } from "../database.ts";
import { findServers } from "./find-servers.ts";

const ground = openTestGround();

describe("the first start", () => {
  it("makes a durable cluster with checksums, UTF-8 and the database", async () => {
    const { url } = await ground.start(join(await ground.makeFolder(), "data"));
    const [row] = await query(
      url,
      `SELECT current_setting('data_checksums') AS checksums, current_setting('fsync') AS fsync,
              current_setting('synchronous_commit') AS commits, current_setting('full_page_writes') AS pages,
              current_setting('shared_buffers') AS buffers, current_setting('server_encoding') AS encoding,
              current_setting('jit') AS jit, current_database() AS name`,
    );
    expect(row).toEqual({
      checksums: "on",
      fsync: "on",
      commits: "on",
      pages: "on",
      buffers: "256MB",
      encoding: "UTF8",
      jit: "off",
      name: "countinghouse",
    });
  });

  it("guards the database with a password only we may read", async () => {
    const dataDir = await ground.makeFolder();
    const { url } = await ground.start(dataDir);
    const wrong = new URL(url);
    wrong.password = "wrong";
    const sql = postgres(wrong.href, { max: 1 });
    await expect(sql`SELECT 1`).rejects.toMatchObject({ code: "28P01" });
    await sql.end({ timeout: 1 });
    const file = join(dataDir, "postgres-password");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(file, "utf8")).trim()).toBe(new URL(url).password);
  });

  it.skipIf(process.platform === "win32")("is also reached through its socket", async () => {
    const { socketUrl } = await ground.start(await ground.makeFolder());
    expect(socketUrl).toBeDefined();
    const sql = openDatabase({ url: socketUrl ?? "", poolSize: 1, statementTimeoutMs: 10_000 });
    const [row] = await sql`SELECT inet_client_addr() IS NULL AS local`;
    await sql.end({ timeout: 1 });
    expect(row?.["local"]).toBe(true);
  });

  it("keeps to TCP where the path is too long for a socket", async () => {
    const { url, socketUrl } = await ground.start(join(await ground.makeFolder(), "d".repeat(90)));
    expect(socketUrl).toBeUndefined();
    expect(await query(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });
});

describe("stopping and starting", () => {
  it("keeps the data and the address", async () => {
    const dataDir = await ground.makeFolder();
    const first = await ground.start(dataDir);
    await query(first.url, "CREATE TABLE coins AS SELECT 7 AS amount");
    await first.stop();
    const second = await ground.start(dataDir);
    expect(await query(second.url, "SELECT amount FROM coins")).toEqual([{ amount: 7 }]);
    expect(second.url).toBe(first.url);
  });

  it("leaves no process, however often it is told to stop", async () => {
    const dataDir = await ground.makeFolder();
    const embedded = await ground.start(dataDir);
    const pid = await serverPid(dataDir);
    await Promise.all([embedded.stop(), embedded.stop()]);
    await embedded.stop();
    expect(isAlive(pid)).toBe(false);
    expect(await findServers(join(dataDir, "postgres"))).toEqual([]);
  });

  it("stops under open connections", async () => {
    const dataDir = await ground.makeFolder();
    const embedded = await ground.start(dataDir);
    const sql = postgres(embedded.url, { max: 1 });
    await sql`SELECT 1`;
    const sleeping = expect(sql`SELECT pg_sleep(600)`).rejects.toThrow();
    await embedded.stop();
    await sleeping;
    await sql.end({ timeout: 1 });
    expect(await findServers(join(dataDir, "postgres"))).toEqual([]);
  });

  it("sets a new password where the file with the old one was lost", async () => {
    const dataDir = await ground.makeFolder();
    const first = await ground.start(dataDir);
    await query(first.url, "CREATE TABLE coins AS SELECT 7 AS amount");
    await first.stop();
    await rm(join(dataDir, "postgres-password"));
    const second = await ground.start(dataDir);
    expect(second.url).not.toBe(first.url);
    expect(await query(second.url, "SELECT amount FROM coins")).toEqual([{ amount: 7 }]);
  });

  it("lets an operator tune sizes but not switch durability off", async () => {
    const dataDir = await ground.makeFolder();
    const first = await ground.start(dataDir);
    await query(first.url, "ALTER SYSTEM SET shared_buffers = '64MB'");
    await query(first.url, "ALTER SYSTEM SET fsync = off");
    await first.stop();
    const { url } = await ground.start(dataDir);
    const settings = "SELECT current_setting('shared_buffers') AS buffers, current_setting('fsync') AS fsync";
    expect(await query(url, settings)).toEqual([{ buffers: "64MB", fsync: "on" }]);
  });
});

describe("two starts on one data directory", () => {
  it("refuses the second and says who holds it", async () => {
    const dataDir = await ground.makeFolder();
    const { answer } = ground.launchInChild(dataDir);
    const { child, url } = await answer;
    await expect(ground.start(dataDir)).rejects.toThrow(
      new RegExp(`${dataDir} is in use by process ${child.pid} \\(since 20.*\\): stop that one first`),
    );
    expect(await query(url ?? "", "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  it("refuses the second in the same process too, and lets it in after the first has stopped", async () => {
    const dataDir = await ground.makeFolder();
    const first = await ground.start(dataDir);
    await expect(ground.start(dataDir)).rejects.toThrow(`in use by process ${process.pid}`);
    await first.stop();
    await ground.start(dataDir);
  });

  it("lets exactly one of two win at the same moment", async () => {
    const dataDir = await ground.makeFolder();
    const answers = await Promise.all([1, 2].map(() => ground.launchInChild(dataDir).answer));
    expect(answers.filter(({ url }) => url !== undefined)).toHaveLength(1);
    expect(answers.filter(({ error }) => error?.includes("is in use by"))).toHaveLength(1);
  });
});

describe("a start that cannot succeed", () => {
  it("names a folder that is not a cluster", async () => {
    const dataDir = await ground.makeFolder();
    await mkdir(join(dataDir, "postgres"));
    await writeFile(join(dataDir, "postgres", "thesis.txt"), "");
    await expect(ground.start(dataDir)).rejects.toThrow("postgres is not a PostgreSQL cluster: move it away");
  });

  it("names the versions where the cluster is another version's, and releases the directory", async () => {
    const dataDir = await ground.makeFolder();
    await mkdir(join(dataDir, "postgres"));
    await writeFile(join(dataDir, "postgres", "PG_VERSION"), "12\n");
    for (let count = 0; count < 2; count++) {
      await expect(ground.start(dataDir)).rejects.toThrow(
        /was made by PostgreSQL 12 and this program brings 18/,
      );
    }
  });

  it("gives the server's own reason", async () => {
    const dataDir = await ground.makeFolder();
    await (await ground.start(dataDir)).stop();
    await appendFile(join(dataDir, "postgres", "postgresql.conf"), "\nnonsense = 1\n");
    await expect(ground.start(dataDir)).rejects.toThrow(
      /^PostgreSQL could not start .*postgresql.conf.* errors$/,
    );
  });
});
