// Prints what the database of the given URL has, one fact a line, to be compared with another's by diff. The decision
// record on baselines says how it was used.
import { openDatabase } from "../../src/runtime/database.ts";
import { describeSchema } from "./describe-schema.ts";

const db = openDatabase({ url: process.argv[2] ?? "", poolSize: 1, statementTimeoutMs: 60_000 });
console.log((await describeSchema(db)).join("\n"));
await db.end();
