// A task of the schedule: what a module does by itself, over all processes once per period.

export interface Task {
  readonly name: string;
  readonly everySeconds: number;
  /** Aborted at shutdown: end soon. What it resolves with is logged at level debug. */
  readonly run: (signal: AbortSignal) => Promise<unknown>;
}
