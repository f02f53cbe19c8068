// Starts one of the servers of this folder in a process of its own and reads the lines of JSON that it prints.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface ServerProcess {
  readonly port: number;
  /** What it printed after its port, oldest first. */
  readonly lines: ReturnType<typeof JSON.parse>[];
  readonly stop: () => Promise<void>;
}

export async function startServer(name: string, args: readonly string[] = []): Promise<ServerProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, `${name}.ts`), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: ServerProcess["lines"] = [];
  const reader = createInterface(child.stdout);
  const [first] = (await once(reader, "line")) as [string];
  reader.on("line", (line) => {
    if (line.startsWith("{")) lines.push(JSON.parse(line)); // else it is a warning
  });
  return {
    port: JSON.parse(first).port,
    lines,
    stop: async () => {
      child.kill();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
