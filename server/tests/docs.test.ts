import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT, readProject } from "./architecture/source-files.ts";
import { findNode20, pathWithoutOurs } from "./documents/node-20.ts";
import { readBlocks, readDatabaseWish } from "./documents/read-blocks.ts";
import { runBlocks } from "./documents/run-blocks.ts";
import { roundsOf } from "./invariants/rounds.ts";

/** Through each document on one data directory; through the README always twice. */
const WALKS = roundsOf("DOCUMENT_WALKS", { inCi: 2, elsewhere: 1 });

const documents = [...readProject().texts]
  .filter(([path]) => path.endsWith(".md"))
  .map(([path, text]) => ({ path, text, blocks: readBlocks(path, text) }))
  .filter(({ blocks }) => blocks.length > 0);
const toRun = documents
  .map(({ path, text, blocks }) => {
    const times = readDatabaseWish(path, text) === "any" ? WALKS : 1;
    return { path, times, blocks: blocks.filter((block) => block.notRun === undefined) };
  })
  .filter(({ blocks }) => blocks.length > 0);

let folder: string;
let node20: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "countinghouse-node-20-"));
  node20 = await findNode20(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each(toRun.filter(({ path }) => path !== "README.md"))(
  "F6-30: every command works as shown, $times times on one data directory: $path",
  { timeout: 660_000 },
  async ({ blocks, times }) => {
    const { problems, output } = await runBlocks(blocks, { times });
    expect(problems, output).toEqual([]);
  },
);

describe("the README", () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");

  it("F6-30 is walked through with Node 20, twice on one data directory", { timeout: 660_000 }, async () => {
    const which = {
      document: "README.md",
      line: 0,
      commands: "node --version\n# => v20.",
      notRun: undefined,
    };
    const blocks = readBlocks("README.md", readme).filter((block) => block.notRun === undefined);
    const { problems, output } = await runBlocks([which, ...blocks], { times: 2, node: node20 });
    expect(problems, output).toEqual([]);
  });

  it("F6-30 begins with git clone, and needs no new database", () => {
    expect(readme.match(/^```sh\n([\s\S]*?)^```$/m)?.[1]).toMatch(
      /^git clone .* countinghouse\ncd countinghouse\nnpm ci\nnpm start\n$/,
    );
    expect(readDatabaseWish("README.md", readme)).toBe("any");
  });

  it("F6-30 is right that all packages are for the Node that comes along, whatever npm says on Node 20", async () => {
    expect(readme).toContain("EBADENGINE");
    const check = ["ci", "--dry-run", "--offline", "--engine-strict"];
    const npm = (path: string) =>
      promisify(execFile)("npm", check, { cwd: ROOT, env: { HOME: folder, PATH: path } });
    await npm([join(ROOT, "node_modules", ".bin"), pathWithoutOurs()].join(delimiter));
    await expect(npm([dirname(node20), pathWithoutOurs()].join(delimiter))).rejects.toThrow("EBADENGINE");
  });

  it("F6-30 leaves nothing behind that git would see: exports too", async () => {
    const ignored = readFileSync(join(ROOT, ".gitignore"), "utf8").split("\n");
    expect(ignored).toEqual(expect.arrayContaining(["data/", "exports/"]));
  });
});

describe("the reader of documents", () => {
  const read = (...lines: string[]) => readBlocks("a.md", lines.join("\n"));

  it("finds the blocks of the shell and the lines they stand on", () => {
    expect(read("# A", "```json", "{}", "```", "```sh", "echo 1", "echo 2", "```")).toEqual([
      { document: "a.md", line: 6, commands: "echo 1\necho 2", notRun: undefined },
    ]);
    expect(read("```sh not-run: needs a second machine", "psql", "```")[0]?.notRun).toBe(
      "needs a second machine",
    );
  });

  it("refuses a block that no test would run, without a reason", () => {
    expect(() => read("```bash", "echo", "```")).toThrow('a.md:1: mark the block "sh"');
    expect(() => read("```sh not-run: no", "echo", "```")).toThrow("mark the block");
    expect(() => read("```sh", "npm test", "```")).toThrow("needs");
    expect(() => read("```sh not-run: ends the server", "pkill -9 node", "```")).toThrow("by its id");
    expect(() => read("```sh", "echo")).toThrow("never closed");
    expect(() => read("```sh", "until ls x; do sleep 1; done", "```")).toThrow("a loop has an end");
    expect(() => read("```sh", "f() { while true; do ls; done; }", "```")).toThrow("a loop has an end");
  });
});

it("F6-30: a document says whether it wants a new database", () => {
  expect(readDatabaseWish("a.md", "This page needs no new\ndatabase.")).toBe("any");
  expect(readDatabaseWish("a.md", "It wants a new database.")).toBe("new");
  expect(() => readDatabaseWish("a.md", "Look.")).toThrow('a.md: say that it "needs no new database", or');
  for (const { path, text } of documents) readDatabaseWish(path, text);
});

describe("the runner of documents", () => {
  // A stand-in for the server, so that the runner itself is tested without one.
  const start = `node -e 'require("http").createServer((q, s) => { s.statusCode = q.url === "/no" ? 404 : 200; s.end("hello " + q.url + "\\n") }).listen(process.env.PORT)'`;
  const run = (...lines: string[]) => runBlocks(readBlocks("a.md", lines.join("\n")), { start });

  it("runs all blocks in one shell against one server, on a port of its own", async () => {
    const blocks = [
      "```sh",
      "npm ci",
      "NAME=ada",
      "```",
      "```sh",
      'curl -s "localhost:8000/$NAME"',
      "# => hello /ada",
      "```",
    ];
    expect(await run(...blocks)).toMatchObject({ problems: [] });
  });

  it("names the document, the line and the command that failed", async () => {
    expect((await run("```sh", "echo 1", "```", "```sh", "ls /nowhere", "```")).problems).toEqual([
      "a.md:5: exit code 2: ls /nowhere",
    ]);
  });

  it("fails on another output than the one shown, and on an answer that no document means to show", async () => {
    const { problems } = await run("```sh", "echo 1", "# => 2", "curl -s localhost:8000/no", "```");
    expect(problems).toEqual([
      "a.md:2: does not print: 2",
      expect.stringContaining("a.md:2: is answered 404 GET"),
    ]);
  });

  it("F6-30 walks through a document again on what it left, and says which walk went wrong", async () => {
    const blocks = readBlocks("a.md", ["```sh", "mkdir -p data", "mkdir data/once", "```"].join("\n"));
    expect((await runBlocks(blocks, { start, times: 1 })).problems).toEqual([]);
    expect((await runBlocks(blocks, { start, times: 2 })).problems).toEqual([
      "walk 2: a.md:2: exit code 1: mkdir data/once",
    ]);
  });

  it("F6-30 names files that git would see", async () => {
    expect((await run("```sh", "echo 1 > dot.gif", "mkdir exports", "```")).problems).toEqual([
      "leaves dot.gif behind",
    ]);
  });

  it("begins each document with nothing but the checkout", async () => {
    expect((await run("```sh", "test -e package.json", "test ! -e data", "```")).problems).toEqual([]);
  });
});
