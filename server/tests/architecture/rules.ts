// All rules of the architecture in one list: `npm run check` and `architecture.test.ts` both go through it.
import { ACCESS_RULES } from "./access-rules.ts";
import { LOOKUP_RULES } from "./lookup-rules.ts";
import { MIGRATION_RULES } from "./migration-rules.ts";
import { NAME_RULES } from "./name-rules.ts";
import { ONCE_RULES } from "./once-rules.ts";
import { PROJECT_RULES } from "./project-rules.ts";
import type { Rule } from "./rule.ts";
import { SIZE_RULES } from "./size-rules.ts";
import { findComments, type Project } from "./source-files.ts";
import { SQL_RULES } from "./sql-rules.ts";
import { SYNTAX_RULES } from "./syntax-rules.ts";

export const RULES: readonly Rule[] = [
  ...SIZE_RULES,
  ...NAME_RULES,
  ...MIGRATION_RULES,
  ...SYNTAX_RULES,
  ...ACCESS_RULES,
  ...LOOKUP_RULES,
  ...SQL_RULES,
  ...ONCE_RULES,
  ...PROJECT_RULES,
];

/** The share of comment lines in the program (tests left out); 8-15 % is about right, and not a rule. */
export function measureComments(project: Project): number {
  const files = project.sources.filter((file) => file.path.startsWith("server/src/") && !file.isTest);
  const lines = files.reduce((sum, file) => sum + file.text.trimEnd().split("\n").length, 0);
  const comments = files.reduce((sum, file) => sum + countCommentLines(findComments(file)), 0);
  return lines === 0 ? 0 : comments / lines;
}

function countCommentLines(comments: readonly { lineCount: number }[]): number {
  return comments.reduce((sum, comment) => sum + comment.lineCount, 0);
}
