// Where a stream's events go: the HTTP kit's stream of events.

export interface FeedTarget {
  /** Its client has much unread: send nothing until `onDrained` tells that it has read. */
  readonly isFull: () => boolean;
  readonly send: (event: FeedMessage) => void;
  /** Sends a last event with the reason, and closes. */
  readonly end: (reason: "slow_reader" | "failed", message: string) => void;
  readonly onDrained: (listener: () => void) => void;
  /** Called once, whoever ended it. */
  readonly onClosed: (listener: () => void) => void;
}

export interface FeedMessage {
  /** The stream's place after it. */
  readonly id: string;
  readonly event: string;
  /** JSON text. */
  readonly data: string;
}
