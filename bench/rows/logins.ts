// Logins beside payments: how many a second go through while the transfers run, and what they leave of the transfers' rate.
// Hashing is bounded, so it is the logins that wait, not the money.
import { setTimeout as sleep } from "node:timers/promises";
import type { Figure } from "../figures.ts";
import { findMedian } from "../measure.ts";
import { mintAdminToken } from "../tokens.ts";
import type { Workbench } from "../workbench.ts";
import type { Watch } from "./endurance.ts";
import { measureLoad } from "./rows.ts";

const USERS = 64;
const PASSWORD = "correct horse battery";
const ROUNDS = 3;
/** Logins under way at once: enough that one is always waiting for its hash. */
const AT_ONCE = 32;
const LOGINS_PER_SECOND = 150;
const PLAN = { id: "uniform-256", load: { traffic: "transfers", spread: "uniform", inFlight: 256 } } as const;

export async function measureLogins(
  bench: Workbench,
  seconds: number,
  { notes, onProgress }: Watch,
): Promise<Figure[]> {
  onProgress("logins: making users");
  await makeUsers(bench);
  const rounds: { alone: number; beside: number; logins: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    onProgress(`logins: ${round + 1}/${ROUNDS}`);
    const alone = (await measureLoad(bench, PLAN, { seconds, notes })).perSecond;
    const stop = new AbortController();
    const startedAt = performance.now();
    const logins = logInUntil(bench, stop.signal);
    const beside = (await measureLoad(bench, PLAN, { seconds, notes })).perSecond;
    stop.abort();
    const count = await logins;
    rounds.push({ alone, beside, logins: count / ((performance.now() - startedAt) / 1_000) });
  }
  const median = (read: (round: (typeof rounds)[number]) => number) => findMedian(rounds.map(read)) ?? 0;
  return [
    {
      label: "logins beside 256 transfers in flight",
      value: median(({ logins }) => logins),
      unit: "/s",
      target: { atLeast: LOGINS_PER_SECOND },
    },
    {
      label: "transfers beside logins / alone",
      value: median(({ alone, beside }) => beside / alone),
      unit: "×",
      target: { atLeast: 0.5 },
    },
  ];
}

/** Keeps so many logins under way; answers how many succeeded. Where hashing is full, it comes again as it is told. */
async function logInUntil(bench: Workbench, stop: AbortSignal): Promise<number> {
  let done = 0;
  const work = async (_: unknown, worker: number) => {
    for (let count = worker; !stop.aborted; count += AT_ONCE) {
      const answer = await call(bench, "/auth/login", {
        username: nameUser(count % USERS),
        password: PASSWORD,
      });
      await answer.body?.cancel();
      if (answer.status === 200) done += 1;
      else if (answer.status === 503) await sleep(Number(answer.headers.get("retry-after")) * 1_000);
      else throw new Error(`a login answered ${answer.status}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return done;
}

async function makeUsers(bench: Workbench): Promise<void> {
  const token = await mintAdminToken(bench.serverOptions.jwtSecret);
  for (let index = 0; index < USERS; index += 1) {
    const username = nameUser(index);
    const user = { username, email: `${username}@example.com`, roles: ["customer"], password: PASSWORD };
    const answer = await call(bench, "/admin/users", { ...user, token });
    if (!answer.ok) throw new Error(`a user was answered ${answer.status}: ${await answer.text()}`);
    await answer.body?.cancel();
  }
}

function nameUser(index: number): string {
  return `bench-user-${index}`;
}

function call(
  { server }: Workbench,
  path: string,
  { token, ...body }: { readonly token?: string; readonly [field: string]: unknown },
): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}/api/v1${path}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
}
