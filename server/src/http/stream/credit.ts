// How much of what a stream's client sends is taken: at most so many commands are under way, and none is begun while its client
// leaves answers unread. What came all the same waits, and nothing more is read from the connection; TCP does the rest.

export interface Credit<Message> {
  /** Serves the message now or when there is room for it. */
  readonly take: (message: Message) => void;
  /** To be called when a command was answered. */
  readonly giveBack: () => void;
  /** To be called when the client has taken what it had left unread. */
  readonly look: () => void;
  readonly underWay: () => number;
  /** Resolves when nothing is under way or waits. */
  readonly whenIdle: () => Promise<void>;
}

export interface CreditOptions<Message> {
  readonly commandsMax: number;
  readonly serve: (message: Message) => void;
  /** Whether the client has left too much unread. */
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
