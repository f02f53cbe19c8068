// The targets: what one process of the program opens. The only list of doors.

export interface Target {
  /** The setting that names the port of each of its doors. */
  readonly ports: readonly "PORT"[];
  /** Modules whose routes it serves. */
  readonly routes: "all";
  /** Whether it runs what modules do by themselves, beside the requests. */
  readonly workers: boolean;
}

export const TARGETS = {
  all: { ports: ["PORT"], routes: "all", workers: true },
} as const satisfies Record<string, Target>;
