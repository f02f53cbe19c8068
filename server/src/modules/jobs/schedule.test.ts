import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../tests/database.ts";
import { createLog } from "../../runtime/log.ts";
import { runIfDue, startSchedule } from "./schedule.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const log = createLog("silent");

it("runs a task once per period, however many processes ask", async () => {
  let runs = 0;
  const task = { name: "count", everySeconds: 3_600, run: async () => ++runs };
  const asked = await Promise.all([1, 2, 3].map(() => runIfDue(task, { db: database.db, log })));
  expect(asked.filter(Boolean)).toHaveLength(1);
  expect(await runIfDue(task, { db: database.db, log })).toBe(false);
  await database.db`UPDATE jobs.schedules SET next_run_at = now() WHERE name = 'count'`;
  expect(await runIfDue(task, { db: database.db, log })).toBe(true);
  expect(runs).toBe(2);
});

it("lets no second process start a task that is under way, until its lease has ended", async () => {
  const started = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const run = () => {
    started.resolve();
    return ended.promise;
  };
  const first = runIfDue({ name: "slow", everySeconds: 5, run }, { db: database.db, log });
  await started.promise;
  const second = { name: "slow", everySeconds: 5, run: async () => undefined };
  expect(await runIfDue(second, { db: database.db, log })).toBe(false);
  await database.db`UPDATE jobs.schedules SET leased_until = now() WHERE name = 'slow'`;
  expect(await runIfDue(second, { db: database.db, log })).toBe(true);
  ended.resolve();
  await first;
  const [row] =
    await database.db`SELECT lease_id, next_run_at > now() AS later FROM jobs.schedules WHERE name = 'slow'`;
  expect(row).toEqual({ lease_id: null, later: true });
});

it("keeps why a task failed, and tries it again within a minute", async () => {
  const run = () => Promise.reject(new Error("the rates are unreadable"));
  expect(await runIfDue({ name: "broken", everySeconds: 86_400, run }, { db: database.db, log })).toBe(true);
  const [row] = await database.db`
    SELECT last_error, next_run_at <= now() + interval '1 minute' AS soon FROM jobs.schedules WHERE name = 'broken'`;
  expect(row).toEqual({ last_error: "the rates are unreadable", soon: true });
});

it("starts every task at once, tells it of the shutdown, and waits for it to end", async () => {
  const states: string[] = [];
  const started = Promise.withResolvers<void>();
  const run = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => {
        states.push("ended");
        resolve();
      });
      started.resolve();
    });
  const schedule = startSchedule({ db: database.db, log, tasks: [{ name: "long", everySeconds: 60, run }] });
  await started.promise;
  await schedule.stop();
  expect(states).toEqual(["ended"]);
});

it("F6-36 a clock set back by hours stops no task: times it never set count as past", async () => {
  let runs = 0;
  const task = { name: "after the jump", everySeconds: 60, run: async () => ++runs };
  expect(await runIfDue(task, { db: database.db, log })).toBe(true);
  await database.db`
    UPDATE jobs.schedules
    SET next_run_at = now() + interval '2 hours', leased_until = now() + interval '2 hours', lease_id = gen_random_uuid()
    WHERE name = ${task.name}`;
  expect(await runIfDue(task, { db: database.db, log })).toBe(true);
  expect(await runIfDue(task, { db: database.db, log })).toBe(false);
  expect(runs).toBe(2);
});
