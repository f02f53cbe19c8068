// /metrics at an address of its own.
import { expect, it } from "vitest";
import { loadConfig } from "../../../src/config/load-config.ts";
import { tryToListen } from "../../../src/runtime/try-to-listen.ts";
import { startTestApp } from "../../app.ts";

const TOKEN = "v3rylongandtrulyrandom";

async function findFreePort(): Promise<number> {
  for (let port = 40_000 + (process.pid % 10_000); ; port += 1)
    if ((await tryToListen("127.0.0.1", port)) === undefined) return port;
}

it("F6-35 METRICS_PORT takes /metrics off the program's own address, with the same token", async () => {
  const port = await findFreePort();
  const app = await startTestApp({ METRICS_PORT: String(port), METRICS_TOKEN: TOKEN });
  const read = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers });
  try {
    expect((await app.call("GET", "/metrics", { token: TOKEN })).status).toBe(404);
    expect((await read("/metrics")).status).toBe(401);
    const answer = await read("/metrics", { authorization: `Bearer ${TOKEN}` });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("process_resident")]);
    expect((await read("/health")).status).toBe(404);
  } finally {
    await app.stop();
  }
  await expect(read("/metrics")).rejects.toThrow();
});

it("F6-35 a METRICS_PORT that is PORT, and a token that is short, stop the start", () => {
  const load = (environment: Record<string, string>) => () =>
    loadConfig({ environment, envFile: "/nonexistent" });
  expect(load({ PORT: "8000", METRICS_PORT: "8000" })).toThrow("METRICS_PORT must be another port than PORT");
  expect(load({ METRICS_TOKEN: "short" })).toThrow("METRICS_TOKEN must have at least 16");
});
