// The frame of a route whose command has a transaction of its own: the request is read, and the resulting work is
// done once per key, with its audit entry in the same transaction.
import type { TSchema } from "typebox";
import type { Sql } from "../../runtime/database.ts";
import type { Tx } from "../../runtime/transaction.ts";
import type { HttpServer } from "../http-server.ts";
import { formatETag } from "../version.ts";
import { sendAnswer } from "./answer.ts";
import { runCommand } from "./command.ts";
import { readCommand } from "./command-record.ts";
import { describeOperation, type Operation, type ReadRequest } from "./operation.ts";

type Work = (tx: Tx) => Promise<object>;

export interface CommandRoute<P extends TSchema, Q extends TSchema, B extends TSchema>
  extends Operation<P, Q, B, TSchema> {
  /** Default: POST. */
  readonly method?: "POST" | "PUT" | "PATCH" | "DELETE";
  /** The status where the command was carried out. Default: 200. */
  readonly status?: 200 | 201;
  /** The name on the audit trail, `noun.verb`. */
  readonly event: string;
  /** Whether the answer has a `version`, which is sent as ETag. */
  readonly isVersioned?: boolean;
  /**
   * Reads the request and returns the work as a function, which runs once per key and returns the answer.
   * @throws AppError what is wrong with the request
   */
  readonly run: (request: ReadRequest<P, Q, B>) => Work | Promise<Work>;
  /** Called before the answer is sent, also before a replayed one. */
  readonly afterCommit?: () => Promise<void>;
}

export function addCommandRoute<P extends TSchema, Q extends TSchema, B extends TSchema>(
  server: HttpServer,
  db: Sql,
  route: CommandRoute<P, Q, B>,
): void {
  const { method = "POST", status = 200, event, isVersioned, run, afterCommit, ...operation } = route;
  server.route({
    method,
    ...describeOperation(operation, status),
    handler: async (request, reply) => {
      const work = await run(request as ReadRequest<P, Q, B>);
      const answer = await runCommand(db, readCommand(request, event), work);
      await afterCommit?.();
      if (isVersioned === true) reply.header("etag", formatETag(JSON.parse(answer.body)));
      return sendAnswer(reply, status, answer);
    },
  });
}
