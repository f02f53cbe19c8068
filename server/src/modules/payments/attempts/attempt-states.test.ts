import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type Act, ATTEMPT_STATES, RESOLVED_AS_FAILED } from "./attempt.ts";
import { ATTEMPT_STEPS, type AttemptEvent, stepOf } from "./attempt-states.ts";

const EVENTS: readonly AttemptEvent[] = ["called", "uncalled", "unanswered", "answered", "done", "refused"];
const ACTS: readonly Act[] = ["authorize", "capture", "void", "refund"];
const PLAIN = { providerReference: null, failureCode: null, isAnswered: false, askedCount: 1 };

it("is the table of docs/payments.md", () => {
  const document = readFileSync(new URL("../../../../../docs/payments.md", import.meta.url), "utf8");
  const told = [...document.matchAll(/^\| `(\w+)` \| `(\w+)` \| `(\w+)` \| (.*?) \| `(\w+)` \|$/gm)];
  const kept = ATTEMPT_STEPS.map(({ from, event, to, effect, act, guard }) => [
    from,
    event,
    to,
    [act, guard].filter((word) => word !== undefined).join(", ") || "–",
    effect,
  ]);
  expect(told.map((row) => row.slice(1))).toEqual(kept);
});

it("moves an open attempt by every event to one state, and to no other by a second", () => {
  for (const act of ACTS)
    for (const state of ["created", "sent", "unknown"] as const) {
      expect(stepOf({ ...PLAIN, act, state }, "done")).toMatchObject({ to: "succeeded", effect: "book" });
      expect(stepOf({ ...PLAIN, act, state }, "refused")).toMatchObject({ to: "failed", effect: "note" });
      expect(stepOf({ ...PLAIN, act, state }, "answered")).toMatchObject({ to: "sent", effect: "none" });
    }
});

it("lets a repeat of what is final change nothing", () => {
  for (const act of ACTS) {
    expect(stepOf({ ...PLAIN, act, state: "succeeded" }, "done")).toBeUndefined();
    expect(stepOf({ ...PLAIN, act, state: "failed" }, "refused")).toBeUndefined();
    for (const state of ["succeeded", "failed"] as const)
      for (const event of ["called", "uncalled", "unanswered", "answered"] as const)
        expect(stepOf({ ...PLAIN, act, state }, event)).toBeUndefined();
  }
});

it("takes back a refund alone that came back, and gives back an authorization alone that came too late", () => {
  const taken = ACTS.map((act) => stepOf({ ...PLAIN, act, state: "succeeded" }, "refused")?.effect);
  expect(taken).toEqual([undefined, undefined, undefined, "take_back"]);
  const late = ACTS.map((act) => stepOf({ ...PLAIN, act, state: "failed" }, "done")?.effect);
  expect(late).toEqual(["give_back", undefined, undefined, "book"]);
});

it("believes no older report that a refund succeeded which the provider says has failed, but one against a person's word", () => {
  const failed = { ...PLAIN, act: "refund", state: "failed", providerReference: "re_1" } as const;
  expect(stepOf({ ...failed, failureCode: "expired_card" }, "done")).toBeUndefined();
  expect(stepOf({ ...failed, failureCode: RESOLVED_AS_FAILED }, "done")).toMatchObject({ effect: "book" });
});

it("knows after a call without an answer whether it may have come through", () => {
  const sent = { ...PLAIN, act: "capture", state: "sent" } as const;
  expect(stepOf(sent, "unanswered")?.to).toBe("unknown");
  expect(stepOf({ ...sent, isAnswered: true }, "unanswered")?.to).toBe("sent");
  expect(stepOf(sent, "uncalled")?.to).toBe("created");
  expect(stepOf({ ...sent, askedCount: 2 }, "uncalled")?.to).toBe("unknown");
  expect(stepOf({ ...sent, askedCount: 2, isAnswered: true }, "uncalled")?.to).toBe("sent");
});

it("names known states and events, each step with one way to be reached", () => {
  for (const { from, to, event } of ATTEMPT_STEPS) {
    expect(ATTEMPT_STATES).toContain(from);
    expect(ATTEMPT_STATES).toContain(to);
    expect(EVENTS).toContain(event);
  }
  const keys = ATTEMPT_STEPS.map(({ from, event, act, guard }) => [from, event, act, guard].join());
  expect(new Set(keys).size).toBe(keys.length);
});
