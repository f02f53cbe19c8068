// Several statements sent in one write and ended by one Sync. Without BEGIN and COMMIT among them, PostgreSQL treats them as one
// transaction: all of them take effect, or none. So no statement's result is passed on before the Sync is answered.
import type { Writable } from "node:stream";
import type { Connection as Wire } from "pg";
import { serialize } from "pg-protocol";
import { type Column, readRow, toColumns } from "./read-result.ts";
import type { ResultRows, Statement } from "./statement.ts";

/** A statement that is waiting for its answer. */
export interface Waiting extends Statement {
  readonly resolve: (rows: ResultRows) => void;
  readonly reject: (error: unknown) => void;
}

interface Prepared {
  readonly name: string;
  /** Undefined until PostgreSQL has described the columns, and for a statement that returns no rows. */
  columns?: readonly Column[];
}

/** The statements that one session has prepared, by text. */
export interface PreparedStatements {
  readonly byText: Map<string, Prepared>;
  /** How many were ever prepared, so that no name is used twice. */
  count: number;
}

/** The object to which `pg` passes an answer; its own `Query` is another. */
export interface Exchange {
  readonly submit: (wire: Wire) => void;
  readonly handleRowDescription: (message: { fields: { name: string; dataTypeID: number }[] }) => void;
  readonly handleDataRow: (message: { fields: (string | null)[] }) => void;
  readonly handleCommandComplete: (message: { text: string }) => void;
  readonly handleReadyForQuery: () => void;
  readonly handleError: (error: unknown) => void;
}

export function createExchange(statements: readonly Waiting[], prepared: PreparedStatements): Exchange {
  const results: ResultRows[] = [];
  const fresh: string[] = [];
  let rows = noRows();

  const current = () => prepared.byText.get(statements[results.length]?.text ?? "");

  function write({ text, values }: Statement): Buffer[] {
    const messages: Buffer[] = [];
    let statement = prepared.byText.get(text);
    if (statement === undefined) {
      prepared.count += 1;
      statement = { name: `batch_${prepared.count}` };
      prepared.byText.set(text, statement);
      fresh.push(text);
      const { name } = statement;
      messages.push(serialize.parse({ name, text }), serialize.describe({ type: "S", name }));
    }
    messages.push(serialize.bind({ statement: statement.name, values: [...values] }), serialize.execute());
    return messages;
  }

  return {
    submit: (wire) => {
      const { stream } = wire as unknown as { stream: Writable };
      stream.write(Buffer.concat([...statements.flatMap(write), serialize.sync()]));
    },
    handleRowDescription: ({ fields }) => {
      const statement = current();
      if (statement !== undefined) statement.columns = toColumns(fields);
    },
    handleDataRow: ({ fields }) => {
      rows.push(readRow(current()?.columns ?? [], fields));
    },
    handleCommandComplete: ({ text }) => {
      const words = text.split(" ");
      results.push(Object.assign(rows, { command: words[0] ?? "", count: Number(words.at(-1)) || 0 }));
      rows = noRows();
    },
    handleReadyForQuery: () => {
      for (const [index, { resolve, reject }] of statements.entries()) {
        const result = results[index];
        if (result === undefined) reject(new Error("PostgreSQL left a statement without an answer"));
        else resolve(result);
      }
    },
    handleError: (error) => {
      // The statements after the failed one were skipped, so they were perhaps never prepared.
      for (const text of fresh) prepared.byText.delete(text);
      for (const { reject } of statements) reject(error);
    },
  };
}

function noRows(): ResultRows {
  return Object.assign([], { count: 0, command: "" });
}
