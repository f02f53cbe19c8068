// The settings of exports.
import { folder } from "../forms.ts";
import type { ConfigKey } from "../key.ts";

export const EXPORTS_KEYS = [
  {
    name: "EXPORT_DIR",
    group: "Export",
    type: "string",
    form: folder,
    default: "exports",
    description: "Folder for exports whose --out is a bare file name.",
  },
  {
    name: "MAX_EXPORT_ROWS",
    group: "Export",
    type: "integer",
    minimum: 1,
    maximum: 1_000_000_000,
    default: "1000",
    earlier: true,
    description: "Most rows one export writes before it stops and says so.",
  },
] as const satisfies readonly ConfigKey[];
