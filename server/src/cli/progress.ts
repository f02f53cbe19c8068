// A progress bar on standard error, for people: not shown where that is no terminal, or with --json.
import { Presets, SingleBar } from "cli-progress";

export interface Progress {
  /** The name of the current part, for a bar with several parts. */
  readonly turnTo: (part: string) => void;
  readonly update: (done: number, of: number) => void;
  /** Call this before anything else is written. */
  readonly stop: () => void;
}

/** How much of the work is done. */
export function showProgress(label: string, isWanted: boolean): Progress {
  return show(`${label}{part} {bar} {percentage} %`, isWanted);
}

/** The amount done, where the total is not known. */
export function showCount(label: string, isWanted: boolean): Progress {
  return show(`${label} {value}`, isWanted);
}

function show(format: string, isWanted: boolean): Progress {
  if (!isWanted || !process.stderr.isTTY)
    return { turnTo: () => undefined, update: () => undefined, stop: () => undefined };
  const options = { format, clearOnComplete: true, hideCursor: null };
  const bar = new SingleBar(options, Presets.rect);
  bar.start(1, 0, { part: "" });
  return {
    turnTo: (part) => {
      bar.setTotal(1);
      bar.update(0, { part: ` ${part}` });
    },
    update: (done, of) => {
      bar.setTotal(of);
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}
