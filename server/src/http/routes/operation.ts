// What every route declares for the API document: what it takes and what it answers.
import type { FastifyContextConfig, FastifyRequest, FastifySchema } from "fastify";
import type { Static, TSchema } from "typebox";

export interface Operation<
  Params extends TSchema,
  Query extends TSchema,
  Body extends TSchema,
  Answer extends TSchema,
> {
  readonly url: string;
  readonly config?: FastifyContextConfig;
  readonly tags: readonly string[];
  /** Its line in http/permissions.ts. */
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly security?: readonly object[];
  readonly consumes?: readonly string[];
  /** It takes no Idempotency-Key. */
  readonly "x-keyless"?: boolean;
  readonly headers?: TSchema;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly answer: Answer;
}

/** A request whose parts have the types of the route's schemas. */
export type ReadRequest<
  Params extends TSchema,
  Query extends TSchema,
  Body extends TSchema,
> = FastifyRequest & {
  readonly params: Static<Params>;
  readonly query: Static<Query>;
  readonly body: Static<Body>;
};

/** In the form that the framework takes. */
export function describeOperation(
  {
    url,
    config = {},
    query,
    answer,
    ...schema
  }: Omit<Operation<TSchema, TSchema, TSchema, TSchema>, "params" | "body">,
  status: number,
) {
  const asked = query === undefined ? {} : { querystring: query };
  return { url, config, schema: { ...schema, ...asked, response: { [status]: answer } } as FastifySchema };
}
