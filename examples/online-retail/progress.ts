// A line that counts up on a terminal; four lines in a log.
import type { Progress } from "./run-many.ts";

export function progressOf(what: string): Progress {
  return (done, total) => {
    const line = `${what.padEnd(14)}${done.toLocaleString("en-GB")} of ${total.toLocaleString("en-GB")}`;
    if (process.stdout.isTTY) process.stdout.write(`\r${line}${done === total ? "\n" : ""}`);
    else if (done === total || done % Math.ceil(total / 4) === 0) console.log(line);
  };
}
