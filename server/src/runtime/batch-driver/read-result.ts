// Turns PostgreSQL's text results into rows like those of postgres.js: `bigint` columns as JavaScript bigint.
import pg from "pg";

type ReadText = (text: string) => unknown;

const toDate = (text: string) => new Date(text);
const readJson: ReadText = (text) => JSON.parse(text);

/** By the type's number in pg_type. Other types stay text. */
const READERS: ReadonlyMap<number, ReadText> = new Map<number, ReadText>([
  [16, (text) => text === "t"],
  [17, (text) => Buffer.from(text.slice(2), "hex")],
  [20, BigInt],
  ...[21, 23, 26, 700, 701].map((type) => [type, Number] as const),
  ...[114, 3802].map((type) => [type, readJson] as const),
  ...[1082, 1114, 1184].map((type) => [type, toDate] as const),
  [1000, arrayOf((text) => text === "t")],
  [1016, arrayOf(BigInt)],
  ...[1005, 1007].map((type) => [type, arrayOf(Number)] as const),
  ...[1009, 1015, 1231, 2951].map((type) => [type, arrayOf(String)] as const),
]);

/** `pg` does not declare a type for this. */
interface ArrayParser {
  create: (text: string, read: ReadText) => { parse: () => unknown[] };
}

function arrayOf(read: ReadText): ReadText {
  const { arrayParser } = pg.types as unknown as { arrayParser: ArrayParser };
  return (text) => arrayParser.create(text, (element) => (element === null ? null : read(element))).parse();
}

export interface Column {
  readonly name: string;
  readonly read: ReadText | undefined;
}

export function toColumns(fields: readonly { name: string; dataTypeID: number }[]): Column[] {
  return fields.map(({ name, dataTypeID }) => ({ name, read: READERS.get(dataTypeID) }));
}

export function readRow(columns: readonly Column[], fields: readonly (string | null)[]): object {
  return Object.fromEntries(
    columns.map(({ name, read }, index) => {
      const text = fields[index] ?? null;
      return [name, text === null || read === undefined ? text : read(text)];
    }),
  );
}
