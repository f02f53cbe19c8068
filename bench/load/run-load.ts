// Drives one stretch of load: so many connections, each with one request in flight, for so many seconds.
import { type Connection, openConnection } from "./connection.ts";
import { createHistogram, findPercentileMs, type Histogram, recordLatency } from "./histogram.ts";
import type { OpenSlot } from "./stream-connection.ts";
import type { Traffic } from "./traffic.ts";

export interface LoadOptions {
  readonly port: number;
  /** Of another server process, which gets every second connection; undefined: there is one. */
  readonly secondPort?: number | undefined;
  readonly inFlight: number;
  /** Answers of this time are counted as accepted but not in rate and latencies. */
  readonly warmupSeconds: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers by status, those before and after the measured time included. */
  readonly statuses: Readonly<Record<string, number>>;
  /** The first answer of 400 or above, to tell what went wrong. */
  readonly firstFailure: string | undefined;
  readonly acceptedTransfers: number;
  readonly acceptedMinor: number;
  readonly acceptedOrders: number;
  /** Processor time of this process per request. */
  readonly cpuMicros: number;
}

interface Progress {
  readonly latencies: Histogram;
  readonly statuses: Record<string, number>;
  firstFailure: string | undefined;
  readonly measureFrom: number;
  readonly measureUntil: number;
}

/** @throws Error when a connection breaks: then nobody knows what was accepted. */
export async function runLoad(
  traffic: Traffic,
  options: LoadOptions,
  openSlot: OpenSlot = openConnections(options),
): Promise<LoadResult> {
  const cpuBefore = process.cpuUsage();
  const measureFrom = performance.now() + options.warmupSeconds * 1_000;
  const measureUntil = measureFrom + options.seconds * 1_000;
  const progress: Progress = {
    latencies: createHistogram(),
    statuses: {},
    firstFailure: undefined,
    measureFrom,
    measureUntil,
  };
  const slots = Array.from({ length: options.inFlight }, (_, slot) =>
    driveSlot({ slot, traffic, progress, openSlot }),
  );
  await Promise.all(slots);
  return summarize(progress, traffic, process.cpuUsage(cpuBefore));
}

/** A connection for each slot, with one read buffer for all. */
function openConnections({ port, secondPort = port }: LoadOptions): OpenSlot {
  const readBuffer = Buffer.allocUnsafe(65_536);
  return (slot, events) => openConnection(slot % 2 === 0 ? port : secondPort, readBuffer, events);
}

interface Slot {
  readonly slot: number;
  readonly openSlot: OpenSlot;
  readonly traffic: Traffic;
  readonly progress: Progress;
}

/** Sends, waits, sends: until the time is over and the last answer is in. */
async function driveSlot({ slot, openSlot, traffic, progress }: Slot): Promise<void> {
  const done = Promise.withResolvers<void>();
  let sentAt = 0;
  const onResponse = (status: number, body: string) => {
    const now = performance.now();
    countAnswer(progress, { status, body, now, latencyMs: now - sentAt });
    traffic.readAnswer(slot, status, body);
    if (now >= progress.measureUntil) done.resolve();
    else send();
  };
  const connection: Connection = await openSlot(slot, { onResponse, onFailure: done.reject });
  const send = () => {
    sentAt = performance.now();
    connection.send(traffic.nextRequest(slot));
  };
  send();
  await done.promise.finally(connection.close);
}

function countAnswer(
  progress: Progress,
  answer: { status: number; body: string; now: number; latencyMs: number },
): void {
  const { status, now } = answer;
  progress.statuses[status] = (progress.statuses[status] ?? 0) + 1;
  if (status >= 400) progress.firstFailure ??= `${status} ${answer.body.slice(0, 500)}`;
  if (now >= progress.measureFrom && now < progress.measureUntil)
    recordLatency(progress.latencies, answer.latencyMs);
}

function summarize(progress: Progress, { accepted }: Traffic, cpu: NodeJS.CpuUsage): LoadResult {
  const { latencies, statuses, measureFrom, measureUntil } = progress;
  const requestCount = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  return {
    requestsPerSecond: (latencies.total / (measureUntil - measureFrom)) * 1_000,
    p50Ms: findPercentileMs(latencies, 0.5),
    p99Ms: findPercentileMs(latencies, 0.99),
    statuses,
    firstFailure: progress.firstFailure,
    acceptedTransfers: accepted.transfers,
    acceptedMinor: accepted.amountMinor,
    acceptedOrders: accepted.orders,
    cpuMicros: (cpu.user + cpu.system) / requestCount,
  };
}
