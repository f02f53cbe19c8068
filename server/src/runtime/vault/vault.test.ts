import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../tests/database.ts";
import type { Sql } from "../database.ts";
import { addDataKey, rewrapDataKeys } from "./rotate-data-keys.ts";
import { openVault, UnknownDataKeyError, VaultError, type VaultOptions } from "./vault.ts";

const CONTEXT = "banking.accounts.holder_name:1001";
const run = promisify(execFile);

let database: TestDatabase;
let db: Sql;
let options: VaultOptions;
beforeEach(async () => {
  database = await createTestDatabase();
  db = database.db;
  options = {
    encryptionKey: makeKey(),
    previousKey: undefined,
    dataDir: mkdtempSync(join(tmpdir(), "vault-test-")),
  };
});
afterEach(async () => {
  rmSync(options.dataDir, { recursive: true });
  await database.drop();
});

function makeKey(encoding: BufferEncoding = "base64"): string {
  return randomBytes(32).toString(encoding);
}

/** Every text that differs from `value` in one character of its alphabet or in its length by one. */
function alter(value: string): string[] {
  const characters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_:=+/ "];
  const replaced = [...value].flatMap((original, index) =>
    characters
      .filter((other) => other !== original)
      .map((other) => value.slice(0, index) + other + value.slice(index + 1)),
  );
  return [
    ...replaced,
    value.slice(1),
    value.slice(0, -1),
    `${value}A`,
    `${value}=`,
    `${value}\n`,
    ` ${value}`,
    "",
  ];
}

describe("a value", () => {
  it("comes back as it was, whatever its characters", async () => {
    const vault = await openVault(db, options);
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 300 }),
        fc.string({ unit: "binary" }),
        (text, context) => {
          expect(vault.decrypt(vault.encrypt(text, context), context)).toBe(text);
        },
      ),
      { numRuns: 500 },
    );
    expect(vault.decrypt(vault.encrypt("a\ud800b", CONTEXT), CONTEXT)).toBe("a\ufffdb");
  });

  it("does not open in another field or row", async () => {
    const vault = await openVault(db, options);
    const value = vault.encrypt("Ada Lovelace", CONTEXT);
    for (const elsewhere of [
      "banking.accounts.holder_name:1002",
      "banking.accounts.external_number:1001",
      "",
      `${CONTEXT}0`,
    ]) {
      expect(() => vault.decrypt(value, elsewhere)).toThrow("does not decrypt");
    }
  });

  it("does not open once any of its characters was changed", async () => {
    await addDataKeyAfterFirst();
    const vault = await openVault(db, options);
    // Lengths that leave 0, 2 and 4 bits of the last character unused.
    for (const text of ["Ada", "Adaa", "Adaaa"]) {
      const value = vault.encrypt(text, CONTEXT);
      for (const altered of alter(value))
        expect(() => vault.decrypt(altered, CONTEXT), altered).toThrow(VaultError);
    }
  });

  it("never looks the same twice and hides the text", async () => {
    const vault = await openVault(db, options);
    const values = Array.from({ length: 1_000 }, () => vault.encrypt("Ada Lovelace", CONTEXT));
    expect(new Set(values).size).toBe(values.length);
    expect(values[0]).toMatch(/^v1:2:[A-Za-z0-9_-]{54}$/);
    expect(Buffer.from(values[0]?.split(":")[2] ?? "", "base64url").includes("Ada")).toBe(false);
  });
});

describe("the blind index", () => {
  it("is equal for equal texts alone, after every rotation and start", async () => {
    const vault = await openVault(db, options);
    const index = vault.blindIndex("DE89370400440532013000");
    expect(index).toHaveLength(32);
    expect(vault.blindIndex("DE89370400440532013001")).not.toEqual(index);
    await addDataKey(db, options);
    const rotated = { ...options, encryptionKey: makeKey(), previousKey: options.encryptionKey };
    await rewrapDataKeys(db, rotated);
    expect((await openVault(db, rotated)).blindIndex("DE89370400440532013000")).toEqual(index);
  });

  it("has its key made once: the database refuses a second", async () => {
    await openVault(db, options);
    const second = db`INSERT INTO runtime.data_keys (id, purpose, wrapped) SELECT 9, 'index', wrapped FROM runtime.data_keys LIMIT 1`;
    await expect(second).rejects.toMatchObject({ code: "23505" });
  });
});

describe("the key-encryption key", () => {
  it("may be written in base64, base64url or hex", async () => {
    const bytes = randomBytes(32);
    const base64 = bytes.toString("base64");
    const value = (await openVault(db, { ...options, encryptionKey: base64 })).encrypt("Ada", CONTEXT);
    const spellings = [
      bytes.toString("base64url"),
      bytes.toString("hex"),
      bytes.toString("hex").toUpperCase(),
      ` ${base64}\n`,
    ];
    for (const encryptionKey of spellings) {
      expect((await openVault(db, { ...options, encryptionKey })).decrypt(value, CONTEXT)).toBe("Ada");
    }
  });

  it("is refused in one line, naming the setting and not its value, where it is malformed", async () => {
    const malformed = [
      "short",
      "x".repeat(64),
      randomBytes(31).toString("base64"),
      randomBytes(33).toString("hex"),
      "!".repeat(43),
    ];
    for (const key of malformed) {
      const current = await openVault(db, { ...options, encryptionKey: key }).catch((error: Error) => error);
      expect(current).toBeInstanceOf(VaultError);
      expect(String(current)).toMatch(
        /^VaultError: ENCRYPTION_KEY must be 32 bytes in base64, base64url or hex; .+$/,
      );
      expect(String(current)).not.toContain(key);
      await expect(openVault(db, { ...options, previousKey: key })).rejects.toThrow(
        /^ENCRYPTION_KEY_PREVIOUS must be 32 bytes/,
      );
    }
  });

  it("is generated into the data directory, for its owner alone, and used again", async () => {
    const generated = { ...options, encryptionKey: undefined };
    const value = (await openVault(db, generated)).encrypt("Ada", CONTEXT);
    const path = join(options.dataDir, "encryption-key");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(Buffer.from(readFileSync(path, "utf8").trim(), "base64url")).toHaveLength(32);
    expect((await openVault(db, generated)).decrypt(value, CONTEXT)).toBe("Ada");
  });

  it("is told apart from the right one at start, in one line", async () => {
    await openVault(db, options);
    const line =
      /^ENCRYPTION_KEY is not the one these data keys were wrapped with \(expected fingerprint [0-9a-f]{16}, it has [0-9a-f]{16}\); .+$/;
    await expect(openVault(db, { ...options, encryptionKey: makeKey() })).rejects.toThrow(line);
    await expect(openVault(db, { ...options, encryptionKey: undefined })).rejects.toThrow(
      /a key that is not here: set ENCRYPTION_KEY, or DATA_DIR/,
    );
    expect(readdirSync(options.dataDir)).toEqual([]); // no stray key that the next start would take for the right one
    writeFileSync(join(options.dataDir, "encryption-key"), makeKey());
    await expect(openVault(db, { ...options, encryptionKey: undefined })).rejects.toThrow(
      /^The key in .+encryption-key is not the one/,
    );
    await expect(
      rewrapDataKeys(db, { ...options, encryptionKey: makeKey(), previousKey: makeKey() }),
    ).rejects.toThrow(line);
    await expect(addDataKey(db, { ...options, encryptionKey: makeKey() })).rejects.toThrow(line);
  });

  it("rotates: the old one opens until all data keys are wrapped anew, and then no more", async () => {
    const value = (await openVault(db, options)).encrypt("Ada", CONTEXT);
    await addDataKey(db, options);
    const rotated = { ...options, encryptionKey: makeKey(), previousKey: options.encryptionKey };
    expect((await openVault(db, rotated)).decrypt(value, CONTEXT)).toBe("Ada");
    expect(await rewrapDataKeys(db, rotated)).toBe(3);
    expect(await rewrapDataKeys(db, rotated)).toBe(0);
    expect((await openVault(db, { ...rotated, previousKey: undefined })).decrypt(value, CONTEXT)).toBe("Ada");
    await expect(openVault(db, options)).rejects.toThrow("is not the one these data keys were wrapped with");
  });

  it("rotates all or nothing: one damaged data key leaves every other as it was", async () => {
    await openVault(db, options);
    await db`UPDATE runtime.data_keys SET wrapped = left(wrapped, -1) || CASE right(wrapped, 1) WHEN 'A' THEN 'B' ELSE 'A' END WHERE id = 2`;
    const before = await db`SELECT * FROM runtime.data_keys ORDER BY id`;
    const rotated = { ...options, encryptionKey: makeKey(), previousKey: options.encryptionKey };
    await expect(rewrapDataKeys(db, rotated)).rejects.toThrow(/^data key 2 in runtime.data_keys was altered/);
    expect(await db`SELECT * FROM runtime.data_keys ORDER BY id`).toEqual(before);
  });

  it("opens no data key that was moved to another row", async () => {
    await openVault(db, options);
    await addDataKey(db, options);
    await db`UPDATE runtime.data_keys SET wrapped = (SELECT wrapped FROM runtime.data_keys WHERE id = 2) WHERE id = 3`;
    await expect(openVault(db, options)).rejects.toThrow(/^data key 3 in runtime.data_keys was altered/);
  });
});

describe("a new data key", () => {
  it("writes new values, while old ones stay readable and can be brought along", async () => {
    const old = (await openVault(db, options)).encrypt("Ada", CONTEXT);
    expect(await addDataKey(db, options)).toBe(3);
    const vault = await openVault(db, options);
    expect(vault.encrypt("Ada", CONTEXT)).toMatch(/^v1:3:/);
    expect(vault.decrypt(old, CONTEXT)).toBe("Ada");
    const fresh = vault.reencrypt(old, CONTEXT);
    expect(fresh).toMatch(/^v1:3:/);
    expect(vault.decrypt(fresh, CONTEXT)).toBe("Ada");
    expect(vault.reencrypt(fresh, CONTEXT)).toBe(fresh);
    expect(() => vault.reencrypt(old, "another")).toThrow(VaultError);
  });

  it("made by another process is read with the first value under it, and then writes here too", async () => {
    const running = await openVault(db, options);
    const old = running.encrypt("Ada", CONTEXT);
    await addDataKey(db, options);
    const value = (await openVault(db, options)).encrypt("Grace", CONTEXT);
    expect(() => running.decrypt(value, CONTEXT)).toThrow(UnknownDataKeyError);
    const found = await running.decryptAll(
      [old, null, value].map((stored) => ({ value: stored, context: CONTEXT })),
    );
    expect(found).toEqual(["Ada", null, "Grace"]);
    expect(running.encrypt("Ada", CONTEXT)).toMatch(/^v1:3:/);
  });

  it("that does not exist is looked for once, then refused", async () => {
    const vault = await openVault(db, options);
    const value = vault.encrypt("Ada", CONTEXT).replace("v1:2:", "v1:77:");
    await expect(vault.decryptAll([{ value, context: CONTEXT }])).rejects.toThrow(
      "data key 77 is not known to this process",
    );
  });

  it("reaches a process that was started before ENCRYPTION_KEY changed only where it can open it", async () => {
    const running = await openVault(db, options);
    const rotated = { ...options, encryptionKey: makeKey(), previousKey: options.encryptionKey };
    await rewrapDataKeys(db, rotated);
    await running.refresh();
    expect(running.decrypt(running.encrypt("Ada", CONTEXT), CONTEXT)).toBe("Ada");
    await addDataKey(db, rotated);
    await expect(running.refresh()).rejects.toThrow("ENCRYPTION_KEY is not the one");
    expect(running.decrypt(running.encrypt("Ada", CONTEXT), CONTEXT)).toBe("Ada");
  });
});

describe("several processes", () => {
  it("starting at once on an empty database agree on one set of keys", async () => {
    const program = `
      import { openDatabase } from "${join(import.meta.dirname, "..", "database.ts")}";
      import { openVault } from "${join(import.meta.dirname, "vault.ts")}";
      const [url, dataDir] = process.argv.slice(-2);
      const db = openDatabase({ url, poolSize: 2, statementTimeoutMs: 20_000 });
      const vault = await openVault(db, { encryptionKey: undefined, previousKey: undefined, dataDir });
      console.log(JSON.stringify([vault.encrypt("Ada", "c"), vault.blindIndex("Ada").toString("hex")]));
      await db.end();`;
    const start = () =>
      run(process.execPath, [
        "--input-type=module-typescript",
        "-e",
        program,
        "--",
        database.url,
        options.dataDir,
      ]);
    const outputs = await Promise.all([start(), start(), start()]);
    const results = outputs.map(({ stdout }) => JSON.parse(stdout) as [string, string]);
    const vault = await openVault(db, { ...options, encryptionKey: undefined });
    for (const [value, index] of results) {
      expect(vault.decrypt(value, "c")).toBe("Ada");
      expect(index).toBe(vault.blindIndex("Ada").toString("hex"));
    }
    expect(
      (await db`SELECT id, purpose FROM runtime.data_keys ORDER BY id`).map((row) => ({ ...row })),
    ).toEqual([
      { id: 1, purpose: "index" },
      { id: 2, purpose: "values" },
    ]);
  });

  it("opening, rotating and adding keys at once leave every value readable", async () => {
    const rotated = { ...options, encryptionKey: makeKey(), previousKey: options.encryptionKey };
    const value = (await openVault(db, options)).encrypt("Ada", CONTEXT);
    await Promise.all([
      openVault(db, rotated),
      rewrapDataKeys(db, rotated),
      addDataKey(db, rotated),
      addDataKey(db, rotated),
      rewrapDataKeys(db, rotated),
    ]);
    const vault = await openVault(db, { ...rotated, previousKey: undefined });
    expect(vault.decrypt(value, CONTEXT)).toBe("Ada");
    expect(vault.encrypt("Ada", CONTEXT)).toMatch(/^v1:4:/);
  });
});

async function addDataKeyAfterFirst(): Promise<void> {
  await openVault(db, options);
  await addDataKey(db, options);
}
