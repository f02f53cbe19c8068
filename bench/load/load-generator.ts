// The bench's handle on the load generator's process.
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { LoadAnswer, LoadCommand, LoadRequest } from "../load.ts";
import type { LoadResult } from "./run-load.ts";
import type { LoadAccounts } from "./traffic.ts";

export interface LoadGenerator {
  readonly useAccounts: (accounts: LoadAccounts) => void;
  /** Runs one stretch of load. @throws Error when a connection broke or the process died. */
  readonly run: (load: LoadRequest) => Promise<LoadResult>;
  readonly stop: () => void;
}

export function startLoadGenerator(): LoadGenerator {
  const child = fork(join(import.meta.dirname, "..", "load.ts"), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  return {
    useAccounts: (accounts) => sendCommand(child, { accounts }),
    run: (load) => {
      sendCommand(child, { load });
      return awaitResult(child);
    },
    stop: () => child.disconnect(),
  };
}

function sendCommand(child: ChildProcess, command: LoadCommand): void {
  child.send(command);
}

function awaitResult(child: ChildProcess): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error("the load generator ended before it answered"));
    child.once("exit", onExit);
    child.once("message", (answer: LoadAnswer) => {
      child.off("exit", onExit);
      if ("result" in answer) resolve(answer.result);
      else reject(new Error(`the load broke off: ${answer.error}`));
    });
  });
}
