import { expect, it } from "vitest";
import { createTestDatabase } from "../../../tests/database.ts";
import { createLog } from "../../runtime/log.ts";
import { inTransaction } from "../../runtime/transaction.ts";
import { appendEvents, countWaiting, createSubscriptions, openRelay } from "./index.ts";

it("relays what was committed, whether told of it or not, until it is stopped", async () => {
  const { db, drop } = await createTestDatabase();
  const subscriptions = createSubscriptions();
  let arrived: (topic: string) => void = () => undefined;
  const next = () =>
    new Promise<string>((resolve) => {
      arrived = resolve;
    });
  subscriptions.subscribe("order.*", ({ topic }) => arrived(topic));
  const relay = openRelay({ db, log: createLog("silent"), subscriptions });
  relay.start();
  const append = (topic: string) =>
    inTransaction(db, (tx) => appendEvents(tx, [{ topic, payload: "{}" }])).then(() => topic);

  const told = next();
  await append("order.told");
  relay.notice([{ topic: "order.told", payload: "{}" }]);
  expect(await told).toBe("order.told");
  const polled = next();
  await append("order.polled");
  expect(await polled).toBe("order.polled");

  await relay.stop();
  await append("order.late");
  relay.notice([{ topic: "order.late", payload: "{}" }]);
  expect(await countWaiting(db)).toBe(1);
  await drop();
});
