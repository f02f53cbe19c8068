// A task of the schedule: work that a module does by itself, once per period over all processes.

export interface Task {
  readonly name: string;
  readonly everySeconds: number;
  /** `signal` is aborted at shutdown: end soon. The resolved value is logged at level debug. */
  readonly run: (signal: AbortSignal) => Promise<unknown>;
}
