// Limits how much a stream accepts from its client: only so many commands are under way, and none begins while the client
// leaves answers unread. Further messages wait, and nothing more is read from the connection; TCP does the rest.

export interface Credit<Message> {
  /** Serves the message now, or when there is room for it. */
  readonly take: (message: Message) => void;
  /** Call this when a command was answered. */
  readonly giveBack: () => void;
  /** Call this when the client has read its unread answers. */
  readonly look: () => void;
  readonly underWay: () => number;
  /** Resolves when nothing is under way or waiting. */
  readonly whenIdle: () => Promise<void>;
}

export interface CreditOptions<Message> {
  readonly commandsMax: number;
  readonly serve: (message: Message) => void;
  /** Whether the client has too many unread bytes. */
  readonly isFull: () => boolean;
  readonly pause: () => void;
  readonly resume: () => void;
}

export function createCredit<Message>(options: CreditOptions<Message>): Credit<Message> {
  const { commandsMax, serve, isFull, pause, resume } = options;
  const waiting: Message[] = [];
  const idle: (() => void)[] = [];
  let underWay = 0;
  let isPaused = false;

  const hasRoom = () => underWay < commandsMax && !isFull();

  function take(message: Message): void {
    waiting.push(message);
    look();
  }

  function look(): void {
    while (waiting.length > 0 && hasRoom()) {
      underWay += 1;
      serve(waiting.shift() as Message);
    }
    const shouldPause = waiting.length > 0 || isFull();
    if (shouldPause !== isPaused) {
      isPaused = shouldPause;
      if (shouldPause) pause();
      else resume();
    }
    if (underWay === 0 && waiting.length === 0) for (const tell of idle.splice(0)) tell();
  }

  return {
    take,
    look,
    giveBack: () => {
      underWay -= 1;
      look();
    },
    underWay: () => underWay,
    whenIdle: () =>
      underWay === 0 && waiting.length === 0
        ? Promise.resolve()
        : new Promise((resolve) => idle.push(resolve)),
  };
}
