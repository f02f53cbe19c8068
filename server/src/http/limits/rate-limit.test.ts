import type { FastifyReply, FastifyRequest } from "fastify";
import { afterEach, expect, it, vi } from "vitest";
import type { AppError } from "../../values/app-error.ts";
import { createMemoryStore, createRateLimiter } from "./rate-limit.ts";

const RATE = { intervalMs: 1_000, burst: 3 };

it("admits a burst, then one request per interval", () => {
  const store = createMemoryStore();
  const admitted = (nowMs: number) => store.take("ada", RATE, nowMs).isAdmitted;
  expect([0, 0, 0, 0].map(admitted)).toEqual([true, true, true, false]);
  expect([999, 1_000, 1_000, 2_000].map(admitted)).toEqual([false, true, false, true]);
  expect([9_000, 9_000, 9_000, 9_000].map(admitted)).toEqual([true, true, true, false]);
});

it("tells how many requests are left and how long to wait", () => {
  const store = createMemoryStore();
  expect(store.take("ada", RATE, 0)).toEqual({ isAdmitted: true, remaining: 2, waitMs: 1_000 });
  store.take("ada", RATE, 0);
  store.take("ada", RATE, 0);
  expect(store.take("ada", RATE, 400)).toEqual({ isAdmitted: false, remaining: 0, waitMs: 600 });
});

it("counts each caller for themself, and forgets callers once their time is past", () => {
  const store = createMemoryStore();
  let admitted = 0;
  for (let caller = 0; caller < 250_000; caller += 1)
    if (store.take(String(caller), RATE, caller * 10).isAdmitted) admitted += 1;
  expect(admitted).toBe(250_000);
});

afterEach(() => {
  vi.useRealTimers();
});

it("F6-36 a system clock set back by an hour keeps nobody waiting for that hour", () => {
  const limits = { login: 60, anonymous: 0, user: 0, money: 0, staff: 0, key: 0 };
  const limiter = createRateLimiter(limits);
  const reply = { header: () => reply } as unknown as FastifyReply;
  const ask = () => limiter.checkNetwork("login", { ip: "203.0.113.7" } as FastifyRequest, reply);
  for (let request = 0; request < 30; request += 1) ask();
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 3_600_000 });
  try {
    ask();
  } catch (error) {
    expect((error as AppError).details.retryAfterSeconds).toBeLessThanOrEqual(1);
  }
});
