// The shapes of the audit trail's requests and answers.
import { Type } from "typebox";
import { Cursor, Limit, PastTime, pageOf, Time } from "../../http/index.ts";

export const LogName = Type.Union([Type.Literal("entries"), Type.Literal("transfers")], {
  default: "entries",
  description: "entries: the audit trail; transfers: the ledger's transfers",
});
const Size = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Hash = Type.String({ description: "32 bytes in base64" });
const Note = Type.String({
  description: "Signed note (c2sp.org/tlog-checkpoint): origin, size, root, signature",
});
/** Without control characters: no entry's names have any, and PostgreSQL could not compare them. */
const Text = Type.String({ minLength: 1, maxLength: 200, pattern: "^[^\\u0000-\\u001f\\u007f]+$" });
/** A response that is not JSON. */
export const textOf = (description: string) => ({
  description,
  content: { "text/plain": { schema: Type.String() } },
});

export const CheckpointQuery = Type.Object(
  { log: Type.Optional(LogName), size: Type.Optional(Size) },
  { additionalProperties: false },
);
export const LogQuery = Type.Object({ log: Type.Optional(LogName) }, { additionalProperties: false });
export const ConsistencyQuery = Type.Object(
  { log: Type.Optional(LogName), from: Size, to: Type.Optional(Size) },
  { additionalProperties: false },
);

export const ConsistencyProof = Type.Object(
  {
    log: LogName,
    from: Size,
    to: Size,
    path: Type.Array(Hash),
    from_checkpoint: Note,
    to_checkpoint: Note,
  },
  { title: "ConsistencyProof", description: "RFC 9162, 2.1.4: the later tree begins with the earlier one" },
);

export const InclusionProof = Type.Object(
  {
    log: LogName,
    index: Size,
    leaf: Type.String({ description: "Canonical bytes of the leaf; its hash is SHA-256(0x00 || leaf)" }),
    path: Type.Array(Hash),
    checkpoint: Note,
  },
  { title: "InclusionProof", description: "RFC 9162, 2.1.3: the leaf is in the tree whose root was signed" },
);

export const EntryParams = Type.Object({ seq: Type.String({ pattern: "^(0|[1-9][0-9]{0,14})$" }) });
export const TransferParams = Type.Object({ id: Type.String({ pattern: "^[1-9][0-9]{0,15}$" }) });

export const EntryQuery = Type.Object(
  {
    actor_id: Type.Optional(Text),
    event: Type.Optional(Text),
    resource_type: Type.Optional(Text),
    resource_id: Type.Optional(Text),
    outcome: Type.Optional(Type.Union([Type.Literal("success"), Type.Literal("refused")])),
    from: PastTime,
    to: PastTime,
    limit: Limit,
    cursor: Cursor,
  },
  { additionalProperties: false },
);

const Values = Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]), {
  description: "Personal values by name; null where one was forgotten",
});
export const Entry = Type.Object(
  {
    seq: Type.String(),
    at: Time,
    event: Type.String(),
    actor_id: Type.String(),
    actor_kind: Type.String(),
    resource: Type.Union([Type.Object({ type: Type.String(), id: Type.String() }), Type.Null()]),
    outcome: Type.String(),
    code: Type.Union([Type.String(), Type.Null()]),
    request_id: Type.String(),
    details: Type.Record(Type.String(), Type.Unknown()),
    values: Values,
    chain_hash: Hash,
  },
  { title: "AuditEntry" },
);
export const EntryPage = pageOf(Entry, "AuditEntryPage");

export const SubjectParams = Type.Object({ id: Text });
export const Erased = Type.Object(
  {
    subject_id: Type.String(),
    erased: Type.Integer({ description: "How many values were kept of the person" }),
  },
  { title: "ErasedSubject" },
);
