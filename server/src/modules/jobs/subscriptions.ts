// Which subscriber wants which events. A topic is `noun.past_participle`; a pattern is a topic, `noun.*`, or `*` for all.

export interface OutboxEvent {
  /** Grows with time and stays the same when the event is delivered again, so that a subscriber can recognize repeats. */
  readonly id: number;
  readonly topic: string;
  /** JSON text. */
  readonly payload: string;
  /** How many earlier deliveries failed. */
  readonly attempts: number;
}

/**
 * Takes one event. It is delivered at least once, so a repeat must change nothing. A handler that throws gets it again later;
 * the events after it wait, to keep the order. An AppError of kind `unavailable` is retried for ever, any other eight times.
 */
export type EventHandler = (event: OutboxEvent, signal: AbortSignal) => Promise<void> | void;

export interface Subscriptions {
  /** Call it before the relay starts. Several handlers of one event are called in the order they subscribed. */
  readonly subscribe: (pattern: string, handler: EventHandler) => void;
  readonly handlersOf: (topic: string) => readonly EventHandler[];
  /** The patterns in the form of PostgreSQL's LIKE. */
  readonly likePatterns: () => string[];
}

const PATTERN = /^(\*|[a-z_]+(\.[a-z_]+)*(\.\*)?)$/;

export function createSubscriptions(): Subscriptions {
  const subscribed: { pattern: string; handler: EventHandler }[] = [];
  const byTopic = new Map<string, readonly EventHandler[]>();

  return {
    subscribe: (pattern, handler) => {
      if (!PATTERN.test(pattern)) throw new Error(`"${pattern}" is no pattern of topics`);
      subscribed.push({ pattern, handler });
      byTopic.clear();
    },
    handlersOf: (topic) => {
      let handlers = byTopic.get(topic);
      if (handlers === undefined) {
        handlers = subscribed.filter(({ pattern }) => matches(pattern, topic)).map(({ handler }) => handler);
        byTopic.set(topic, handlers);
      }
      return handlers;
    },
    likePatterns: () => [...new Set(subscribed.map(({ pattern }) => toLike(pattern)))],
  };
}

function matches(pattern: string, topic: string): boolean {
  return pattern.endsWith("*") ? topic.startsWith(pattern.slice(0, -1)) : topic === pattern;
}

function toLike(pattern: string): string {
  return pattern.replaceAll("_", "\\_").replace(/\*$/, "%");
}
