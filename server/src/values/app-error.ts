// The one way a rule says no. A refusal is expected and told to the caller; anything else thrown is a bug.

/** What sort of "no" it is. Only `http/problem.ts` knows which HTTP status each becomes. */
export type RefusalKind =
  | "invalid" // the request itself is malformed
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "conflict" // the state changed or is being changed by someone else
  | "refused" // well-formed, but a rule of the business forbids it
  | "too_many"
  | "unavailable"; // try again later

export interface FieldProblem {
  readonly field: string;
  readonly reason: string;
}

export interface RefusalDetails {
  readonly message?: string;
  readonly fields?: readonly FieldProblem[];
  readonly retryAfterSeconds?: number;
  readonly [key: string]: unknown;
}

/** One line of a module's `errors.ts`: the meaning of a code and what a caller can do about it. */
export interface ErrorEntry {
  readonly kind: RefusalKind;
  readonly title: string;
  readonly wayOut: string;
}

export class AppError extends Error {
  readonly kind: RefusalKind;
  readonly code: string;
  readonly details: RefusalDetails;
  /** The reason, only for the audit trail: the caller is not told. */
  trail?: Readonly<Record<string, unknown>>;

  constructor(kind: RefusalKind, code: string, details: RefusalDetails = {}) {
    super(details.message ?? code);
    this.name = "AppError";
    this.kind = kind;
    this.code = code;
    this.details = details;
  }
}

/** Makes a module's refusals from its list of them: each message is the title, unless the details have another. */
export function refusalsOf<Code extends string>(
  errors: Readonly<Record<Code, ErrorEntry>>,
): (code: Code, details?: RefusalDetails) => AppError {
  const entries = new Map(Object.entries<ErrorEntry>(errors));
  return (code, details = {}) => {
    const entry = entries.get(code);
    if (entry === undefined) throw new Error(`no refusal is called ${code}`);
    return new AppError(entry.kind, code, { message: entry.title, ...details });
  };
}

/** The codes of a module's refusals: `CodeOf<typeof orderError>`. */
export type CodeOf<Refusals extends (code: never, details?: RefusalDetails) => AppError> =
  Parameters<Refusals>[0];

/** Marks a "not found" for something that exists but belongs to somebody else: the trail is told, the caller must not be. */
export function asHidden(error: AppError): AppError {
  error.trail = { hidden: true };
  return error;
}

/** A refusal of one value whose form is right: what it means cannot be, here or beside the others. */
export function refusedField(field: string, reason: string): AppError {
  return new AppError("refused", "value_refused", {
    message: `${field}: ${reason}`,
    fields: [{ field, reason }],
  });
}

/** A refusal of the request's form, naming one field and why. */
export function invalidField(field: string, reason: string): AppError {
  return new AppError("invalid", "invalid_request", {
    message: `${field}: ${reason}`,
    fields: [{ field, reason }],
  });
}
