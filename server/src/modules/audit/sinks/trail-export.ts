// The output of `countinghouse export audit`: the trail as one line of JSON per entry, in ECS or OCSF, oldest first.
import type { LineExport } from "../../module.ts";
import { exportEntries } from "./export-entries.ts";
import { ENTRY_FORMATS, type EntryFormat } from "./format-entry.ts";

interface Options {
  readonly format: EntryFormat;
  readonly fromSeq: number;
}

export const TRAIL_EXPORT: LineExport<Options> = {
  name: "audit",
  noun: "audit entry",
  description: "write the audit trail, oldest first, as ndjson; forgotten values are null",
  options: [
    { flags: "--format <format>", description: "of the lines", choices: ENTRY_FORMATS, byDefault: "ecs" },
    {
      flags: "--from-seq <number>",
      description: "the first entry",
      read: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined),
      must: "must be a whole number",
      byDefault: 0,
    },
  ],
  examples: [
    ["countinghouse export audit --out trail.ndjson", "Elastic Common Schema, into EXPORT_DIR"],
    [
      "countinghouse export audit --format ocsf --from-seq 1000 --out -",
      "Open Cybersecurity Schema Framework",
    ],
  ],
  writeLines: async (source, range, target) => {
    const { rowCount, nextSeq } = await exportEntries(source, { ...range, ...target });
    return { rowCount, rest: nextSeq === undefined ? undefined : `--from-seq ${nextSeq}` };
  },
};
