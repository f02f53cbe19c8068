import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../tests/command.ts";
import { openTestDesk, STAFF, type TestDesk } from "../../tests/desk.ts";
import { buildPostCommand } from "../modules/banking/transactions/post-transactions.ts";
import { createProgram } from "./run-cli.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

let folder: string;
let ground: TestDesk;
let alice: number;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "countinghouse-cli-"));
  ground = await openTestDesk();
  alice = await ground.openAccount({ owner: "alice", balance: 10_000n });
  const bob = await ground.openAccount({ owner: "bob" });
  const asset = ground.assets.byCode("EUR");
  if (asset === undefined) throw new Error("EUR");
  const context = { actor: STAFF, assets: ground.assets, risk: ground.risk };
  const pay = { type: "transfer", accountId: alice, toAccountId: bob, asset } as const;
  const texts = { reference: "=HYPERLINK(1)", metadata: '{"note":"a, \\"b\\""}' };
  await ground.carryOut(buildPostCommand(context, { ...pay, amount: 1_050n, ...texts }));
  await expect(ground.carryOut(buildPostCommand(context, { ...pay, amount: 99_999n }))).rejects.toMatchObject(
    {
      code: "insufficient_funds",
    },
  );
});
afterAll(async () => {
  await ground.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (args: readonly string[], settings: Readonly<Record<string, string>> = {}) =>
  runCommand(args, { folder, settings: { DB_URL: ground.databaseUrl, PORT: "0", ...settings } });

describe("the program", () => {
  function listCommands(command: Command, path = ""): string[] {
    return command.commands.flatMap((child) => {
      const name = `${path} ${child.name()}`.trim();
      return child.commands.length === 0 ? [name] : listCommands(child, name);
    });
  }

  it("has exactly the commands that docs/cli.md tells of, and loads the one that is named alone", async () => {
    const document = readFileSync(join(ROOT, "docs", "cli.md"), "utf8");
    const told = [...document.matchAll(/^## (.+)$/gm)].map((match) => match[1]);
    const all = await createProgram();
    expect(told.toSorted()).toEqual(listCommands(all).toSorted());
    for (const name of all.commands.map((command) => command.name()))
      expect((await createProgram(name)).commands.map((command) => command.name())).toEqual([name]);
  });

  it("shows every command's options with examples", async () => {
    const names = listCommands(await createProgram()).filter((name) => name !== "bench");
    const helps = await Promise.all(names.slice(0, 4).map((name) => run([...name.split(" "), "--help"])));
    for (const help of helps) {
      expect(help).toMatchObject({ code: 0, errors: "" });
      expect(help.out).toMatch(/^Usage: countinghouse [\s\S]+--json[\s\S]+Examples:\n {2}/);
    }
  });

  it("tells of a mistyped command or option in one line, with what was meant", async () => {
    expect(await run(["verfy"])).toEqual({
      code: 2,
      out: "",
      errors: "countinghouse: unknown command 'verfy' (Did you mean verify?) (--help shows what there is)\n",
    });
    expect((await run(["verify", "--ful"])).errors).toContain(
      "unknown option '--ful' (Did you mean --full?)",
    );
    const asked = await run(["export", "transactions", "--status", "DONE", "--json"]);
    expect(asked.code).toBe(2);
    expect(JSON.parse(asked.errors).error).toMatch(
      /Allowed choices are PENDING, COMPLETED, FAILED, CANCELLED/,
    );
  });

  it("tells of a wrong setting and of a missing database in one line, without a stack", async () => {
    const wrong = await run(["migrate"], { PORT: "many", LOG_LEVEL: "loud" });
    expect(wrong).toMatchObject({ code: 2, out: "" });
    expect(wrong.errors).toMatch(/^countinghouse: Configuration: .*LOG_LEVEL.*PORT.*\n$/);
    const settings = { DB_URL: "postgres://nobody:secret@127.0.0.1:1/none", DB_CONNECT_RETRY_SECONDS: "0" };
    const lost = await run(["verify"], settings);
    expect(lost).toMatchObject({ code: 2, out: "" });
    expect(lost.errors).toMatch(/^countinghouse: The database of DB_URL cannot be reached .*\n$/);
    expect((await run(["verify", "--debug"], settings)).errors).toContain("with-database.ts");
  });

  it("F6-32 tells of a data directory that cannot be made, whichever command it is", async () => {
    const nowhere = { DATA_DIR: "/proc/x", DB_URL: "" };
    for (const command of [["token"], ["verify"], ["migrate"], ["export", "orders"], ["receipt", "1"]]) {
      const { code, errors } = await run(command, nowhere);
      expect(code, errors).toBe(2);
      expect(errors).toMatch(/^countinghouse: [^\n]*\/proc\/x[^\n]*choose another DATA_DIR\n$/);
    }
  });
});

describe("serve", () => {
  const fails = async (settings: Record<string, string>) => (await run(["serve"], settings)).errors;

  it("names a taken port, a line of .env and a DB_URL that cannot be read, before it makes anything", async () => {
    const taken = createServer((socket) => socket.on("data", () => socket.end())).listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const { port } = taken.address() as { port: number };
    const dataDir = mkdtempSync(join(folder, "data-"));
    const settings = { DB_URL: "", DATA_DIR: dataDir, PORT: String(port) };
    expect(await fails(settings)).toContain(`:${port} (another program listens there): choose another PORT`);
    expect(readdirSync(dataDir)).toEqual([]);
    const answersOtherwise = `postgres://a:b@127.0.0.1:${port}/x`;
    expect(await fails({ DB_URL: answersOtherwise, DB_CONNECT_RETRY_SECONDS: "0" })).toContain(
      "does not answer as PostgreSQL does",
    );
    taken.close();
    for (const url of ["postgres://u:p%zz@h/x", "postgres://u@h:99999/x", "postgres://u@/x?host=/tmp"])
      expect(await fails({ DB_URL: url })).toMatch(
        /^countinghouse: Configuration: DB_URL cannot be read: .*\n$/,
      );
    const file = join(folder, ".env");
    writeFileSync(
      file,
      'LOG_LEVEL=warn # quiet\nPORT 8000\n\n# all well\nexport TAX_CLASSES="{\n}"\n=x\nDB_URL=\n',
    );
    expect(await fails({}).finally(() => rmSync(file))).toContain(
      "line 2 of .env cannot be read: write NAME=value; line 7 of .env cannot",
    );
  });
});

describe("token", () => {
  it("prints the token alone, without a database", async () => {
    const { code, out, errors } = await run(["token", "--role", "admin", "--sub", "ada"], { DB_URL: "" });
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(JSON.parse(Buffer.from(out.split(".")[1] ?? "", "base64url").toString())).toMatchObject({
      sub: "ada",
      roles: ["admin"],
    });
  });
});

describe("migrate", () => {
  it("says that there is nothing to do", async () => {
    expect(await run(["migrate"])).toEqual({ code: 0, out: "Nothing to migrate.\n", errors: "" });
    expect((await run(["--json", "migrate"])).out).toBe('{"applied":[]}\n');
  });

  it.each([["migrate"], ["serve"], ["verify"]])(
    "stops %s with one line where an older baseline made the database",
    async (command) => {
      await ground.db`INSERT INTO runtime.migrations (name, checksum) VALUES ('0003_ledger_book.sql', '')`;
      try {
        expect(await run([command], { LOG_LEVEL: "fatal" })).toEqual({
          code: 2,
          out: "",
          errors: expect.stringMatching(
            /^countinghouse: This database was made by an older baseline \(it has 0003_ledger_book\.sql\), .*\n$/,
          ),
        });
      } finally {
        await ground.db`DELETE FROM runtime.migrations WHERE checksum = ''`;
      }
    },
  );
});

describe("verify", () => {
  it("ends with 0 where the book agrees, and says how far it read", async () => {
    const { code, out } = await run(["verify", "--full"]);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^The book agrees\. Read 2 transfers from the first on in .* The next run begins at 20/,
    );
    const again = await run(["verify", "--json"]);
    expect(JSON.parse(again.out)).toMatchObject({ clean: true, transfer_count: 0, differences: [] });
  });

  it("ends with 1 and names the difference where it does not", async () => {
    await ground.db`UPDATE ledger.accounts SET credits_posted = credits_posted + 1 WHERE id = ${alice}`;
    try {
      const { code, out } = await run(["verify", "--read-only"]);
      expect(code).toBe(1);
      expect(out).toContain(`DIFFERENCE: the sums of account ${alice} differ`);
      const { differences } = JSON.parse((await run(["verify", "--json", "--read-only"])).out);
      expect(differences[0]).toEqual({
        check: "account_sums",
        what: expect.stringContaining(
          "10.50 EUR out and 100.00 EUR in, it says 10.50 EUR out and 100.01 EUR in",
        ),
        account_id: String(alice),
        expected: "10.50 EUR out and 100.00 EUR in",
        stored: "10.50 EUR out and 100.01 EUR in",
      });
    } finally {
      await ground.db`UPDATE ledger.accounts SET credits_posted = credits_posted - 1 WHERE id = ${alice}`;
    }
  });

  it("ends with 2 where it could not look", async () => {
    const [last] = await ground.db`DELETE FROM runtime.migrations WHERE name LIKE '0014%' RETURNING *`;
    try {
      expect(await run(["verify"])).toEqual({
        code: 2,
        out: "",
        errors: "countinghouse: The database is not up to date; run: countinghouse migrate\n",
      });
    } finally {
      await ground.db`INSERT INTO runtime.migrations ${ground.db(last ?? {})}`;
    }
  });
});

describe("export transactions", () => {
  const exportTransactions = (args: readonly string[], settings?: Record<string, string>) =>
    run(["export", "transactions", ...args], settings);

  it("writes CSV that a spreadsheet shows as it is meant, into EXPORT_DIR", async () => {
    const { code, out } = await exportTransactions(["--out", "all.csv"], { EXPORT_DIR: "out/csv" });
    const path = join(folder, "out", "csv", "all.csv");
    expect({ code, out }).toEqual({ code: 0, out: `Exported 3 transactions to ${path}.\n` });
    const rows = parse(readFileSync(path, "utf8"), { columns: true });
    expect(rows).toMatchObject([
      { status: "FAILED", amount: "999.99", failure_code: "insufficient_funds" },
      {
        type: "TRANSFER",
        status: "COMPLETED",
        account_id: String(alice),
        amount: "10.50",
        currency: "EUR",
        reference: "'=HYPERLINK(1)",
        metadata: '{"note":"a, \\"b\\""}',
      },
      { type: "DEPOSIT", amount: "100.00", reference: "" },
    ]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, "out", "csv"))).toEqual(["all.csv"]);
  });

  it("writes JSON and lines of JSON to standard output, and the rest to standard error", async () => {
    const whole = await exportTransactions(["--format", "json"]);
    expect(whole.errors).toBe("Exported 3 transactions.\n");
    const rows = JSON.parse(whole.out);
    expect(rows[1]).toMatchObject({
      amount: "10.50",
      reference: "=HYPERLINK(1)",
      metadata: { note: 'a, "b"' },
    });
    expect(rows[1].created_at).toMatch(/^\d{4}-.*\.\d{6}Z$/);
    const lines = await exportTransactions(["--format", "ndjson"]);
    expect(
      lines.out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(rows);
  });

  it("writes a whole document also where there is nothing", async () => {
    const none = ["--from", "2020-01-01", "--to", "2020-02-01"];
    expect(JSON.parse((await exportTransactions([...none, "--format", "json"])).out)).toEqual([]);
    expect((await exportTransactions([...none, "--format", "ndjson"])).out).toBe("");
    expect((await exportTransactions([...none, "--account", String(alice)])).out).toMatch(
      /^id,created_at,.*\r\n$/,
    );
  });

  it("chooses by account, status and time", async () => {
    const rows = async (...args: string[]) =>
      JSON.parse((await exportTransactions(["--format", "json", ...args])).out) as {
        status: string;
        created_at: string;
      }[];
    const all = await rows("--account", String(alice));
    expect(all).toHaveLength(3);
    expect(await rows("--status", "FAILED")).toMatchObject([{ status: "FAILED" }]);
    const [, middle] = all;
    expect(await rows("--from", middle?.created_at ?? "")).toEqual(all.slice(0, 2));
    expect(await rows("--to", middle?.created_at ?? "")).toEqual(all.slice(2));
  });

  it("stops at MAX_EXPORT_ROWS with whole rows, and says how to get the rest", async () => {
    const cut = await exportTransactions(["--format", "json", "--out", "./cut.json"], {
      MAX_EXPORT_ROWS: "2",
    });
    expect(cut.code).toBe(3);
    const first = JSON.parse(readFileSync(join(folder, "cut.json"), "utf8"));
    expect(first).toHaveLength(2);
    const [, rest = ""] =
      /stopped at MAX_EXPORT_ROWS and there are more; .* --to (\S+)\n$/.exec(cut.errors) ?? [];
    const others = await exportTransactions(["--format", "json", "--to", rest], { MAX_EXPORT_ROWS: "2" });
    expect(others.code).toBe(0);
    expect(JSON.parse(others.out)).toMatchObject([{ type: "DEPOSIT" }]);
    const exact = await exportTransactions(["--json", "--out", "./exact.csv"], { MAX_EXPORT_ROWS: "3" });
    expect(exact.code).toBe(0);
    expect(JSON.parse(exact.out)).toMatchObject({ row_count: 3, complete: true, continue_to: null });
  });

  it("leaves an earlier file as it was, and nothing half-written, where it fails", async () => {
    writeFileSync(join(folder, "kept.csv"), "earlier");
    const failed = await exportTransactions(["--out", "./kept.csv", "--account", "999999"]);
    expect(failed).toMatchObject({ code: 2, out: "", errors: "countinghouse: There is no such account.\n" });
    expect(readFileSync(join(folder, "kept.csv"), "utf8")).toBe("earlier");
    expect(readdirSync(folder).filter((name) => name.includes("part"))).toEqual([]);
    const unknown = await exportTransactions(["--format", "json", "--account", "999999"]);
    expect(unknown).toMatchObject({ code: 2, out: "" });
    const inverted = await exportTransactions(["--from", "2026-12-01", "--to", "2026-11-01"]);
    expect(inverted).toMatchObject({
      code: 2,
      out: "",
      errors: expect.stringContaining("--to lies before --from"),
    });
    expect((await exportTransactions(["--out", ""])).errors).toContain("--out names no file");
    const nowhere = await exportTransactions(["--out", "./no/such/folder.csv"]);
    expect(nowhere.code).toBe(2);
    expect(nowhere.errors).toMatch(
      /^countinghouse: cannot write .*folder\.csv \(ENOENT.*\); choose another --out\n$/,
    );
    expect((await exportTransactions(["--from", "yesterday"])).errors).toContain("must be RFC 3339");
  });
});
