// What clients who ask and do not read, or begin and do not end, can make the server hold. No token is needed for any of it.
import { mkdtemp, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";
import { asServer, createTestDatabase } from "../../database.ts";
import { openConnection, splitAnswers } from "../../hostile/raw-connection.ts";
import { startServer } from "../../invariants/server-process.ts";

const PATIENCE = { timeout: 30_000 };
const MB = 1_048_576;
const PIPELINED = 1_500;
/** Building the answers to all of them at once takes gigabytes. */
const GROWTH_MAX = 100 * MB;

const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (let close = closing.pop(); close !== undefined; close = closing.pop()) await close();
});

function open(url: string): Socket {
  const socket = openConnection(url);
  socket.on("error", () => socket.destroy());
  socket.pause();
  closing.push(() => socket.destroy());
  return socket;
}

function ask(path: string, times = 1): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(times);
}

async function readMetric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(
    text
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length),
  );
}

const dropped = (url: string, reason: string) =>
  readMetric(url, `http_connections_dropped_total{reason="${reason}"}`);

async function startApp(overrides: Record<string, string>): Promise<TestApp> {
  const app = await startTestApp(overrides);
  closing.push(app.stop);
  return app;
}

it.each(["/openapi.json", "/metrics", "/docs/js/scalar.js"])(
  "F6-35 thousands of requests for %s on three connections whose answers nobody reads leave the memory as it is",
  async (path) => {
    const database = await createTestDatabase();
    closing.push(database.drop);
    const dataDir = await mkdtemp(join(tmpdir(), "countinghouse-unread-"));
    closing.push(() => rm(dataDir, { recursive: true, force: true }));
    const server = await startServer({ dataDir, databaseUrl: asServer(database.url) });
    closing.push(() => server.ended);
    closing.push(() => server.signal("SIGKILL"));
    await (await fetch(`${server.url}${path}`)).arrayBuffer();
    const before = await readMetric(server.url, "process_resident_memory_bytes");
    const sockets = [open(server.url), open(server.url), open(server.url)];
    for (const socket of sockets) socket.write(ask(path, PIPELINED));
    await expect
      .poll(() => readMetric(server.url, "http_requests_waiting"), PATIENCE)
      .toBeGreaterThan(PIPELINED);
    for (let turn = 0; turn < 50; turn += 1) expect((await fetch(`${server.url}/health`)).status).toBe(200);
    const after = await readMetric(server.url, "process_resident_memory_bytes");
    expect(after - before).toBeLessThan(GROWTH_MAX);
    expect(await dropped(server.url, "pipelined")).toBe(0);
  },
  60_000,
);

it("F6-35 whoever reads gets all their answers, in their order, however many they asked for at once", async () => {
  const app = await startApp({});
  const socket = open(app.url);
  socket.write(`${ask("/health", PIPELINED)}${ask("/health/ready")}`);
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
  });
  socket.resume();
  await expect.poll(() => received.includes('"ready"'), PATIENCE).toBe(true);
  const answers = splitAnswers(received);
  expect(answers).toHaveLength(PIPELINED + 1);
  expect(answers.filter(({ text }) => text === '{"status":"ok"}')).toHaveLength(PIPELINED);
});

it("F6-35 bodies sent by halves on many connections are given up, the largest first, and small ones pass", async () => {
  const app = await startApp({ HTTP_BODIES_MAX_BYTES: String(4 * MB) });
  const head = `POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${2 * MB}\r\n\r\n`;
  for (let index = 0; index < 20; index += 1) open(app.url).write(`${head}"${"x".repeat(MB)}`);
  await expect.poll(() => dropped(app.url, "bodies"), PATIENCE).toBeGreaterThanOrEqual(16);
  expect(await readMetric(app.url, "http_bodies_bytes")).toBeLessThanOrEqual(4 * MB);
  const body = { username: "nobody", password: "not a password of anybody" };
  expect((await app.call("POST", "/api/v1/auth/login", { body })).status).toBe(401);
});

it("F6-35 answers that many connections leave unread stay below a bound over all of them", async () => {
  const app = await startApp({ HTTP_UNREAD_MAX_BYTES: String(MB) });
  for (let index = 0; index < 40; index += 1) open(app.url).write(ask("/docs/js/scalar.js", 2));
  await expect.poll(() => dropped(app.url, "unread"), PATIENCE).toBeGreaterThan(0);
  expect((await app.call("GET", "/openapi.json")).status).toBe(200);
});

it("F6-35 a client that takes nothing of its answer for REQUEST_TIMEOUT_MS loses the connection", async () => {
  const app = await startApp({ REQUEST_TIMEOUT_MS: "400" });
  open(app.url).write(ask("/docs/js/scalar.js", 2));
  await expect.poll(() => dropped(app.url, "stalled"), PATIENCE).toBe(1);
});

it("F6-35 more connections than HTTP_CONNECTIONS_MAX are closed as they come", async () => {
  const app = await startApp({ HTTP_CONNECTIONS_MAX: "10" });
  const closed = await Promise.race(
    Array.from({ length: 30 }, () => {
      const socket = open(app.url);
      socket.resume();
      return new Promise<string>((resolve) => socket.on("close", () => resolve("closed")));
    }),
  );
  expect(closed).toBe("closed");
});

it("F6-35 what is large and never changes is compressed, and not sent again to whoever has it", async () => {
  const app = await startApp({});
  for (const path of ["/openapi.json", "/docs/", "/docs/js/scalar.js", "/docs/js/start.js"]) {
    const get = (headers: Record<string, string>) => fetch(`${app.url}${path}`, { headers });
    const plain = await get({ "accept-encoding": "identity" });
    const text = await plain.text();
    const codings = new Set<string | null>([plain.headers.get("etag")]);
    for (const coding of ["br", "gzip"]) {
      const packed = await get({ "accept-encoding": `${coding}, x;q=0.5` });
      expect(packed.headers.get("content-encoding")).toBe(coding);
      expect(packed.headers.get("vary")).toBe("accept-encoding");
      expect(await packed.text()).toBe(text);
      codings.add(packed.headers.get("etag"));
      const etag = packed.headers.get("etag") ?? "";
      const again = await get({ "accept-encoding": coding, "if-none-match": etag });
      expect([again.status, await again.text()]).toEqual([304, ""]);
    }
    expect(codings.size).toBe(3);
    const unpacked = await get({ "accept-encoding": "br;q=0" });
    expect([unpacked.headers.get("content-encoding"), await unpacked.text()]).toEqual([null, text]);
  }
});

it("F6-35 /metrics asks for METRICS_TOKEN where it is set", async () => {
  const token = "a token of this test alone";
  const app = await startApp({ METRICS_TOKEN: token.replaceAll(" ", "-") });
  const refused = await app.call("GET", "/metrics");
  expect([refused.status, refused.body.code]).toEqual([401, "unauthenticated"]);
  expect((await app.call("GET", "/metrics", { token: "x" })).status).toBe(401);
  expect((await app.call("GET", "/metrics", { token: token.replaceAll(" ", "-") })).status).toBe(200);
});
