import { describe, expect, it } from "vitest";
import { readProject } from "./architecture/source-files.ts";
import { readBlocks } from "./documents/read-blocks.ts";
import { runBlocks } from "./documents/run-blocks.ts";

const documents = [...readProject().texts].filter(([path]) => path.endsWith(".md"));
const toRun = documents
  .map(
    ([path, text]) => [path, readBlocks(path, text).filter((block) => block.notRun === undefined)] as const,
  )
  .filter(([, blocks]) => blocks.length > 0);

it.each(toRun)("every command works as shown: %s", { timeout: 360_000 }, async (_, blocks) => {
  const { problems, output } = await runBlocks(blocks);
  expect(problems, output).toEqual([]);
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
  });
});

describe("the runner of documents", () => {
  // A stand-in for the server, so that the runner itself is tested without one.
  const start = `node -e 'require("http").createServer((q, s) => { s.statusCode = q.url === "/no" ? 404 : 200; s.end("hello " + q.url + "\\n") }).listen(process.env.PORT)'`;
  const run = (...lines: string[]) => runBlocks(readBlocks("a.md", lines.join("\n")), start);

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

  it("begins each document with nothing but the checkout", async () => {
    expect((await run("```sh", "test -e package.json", "test ! -e data", "```")).problems).toEqual([]);
  });
});
