// What a rule of the architecture is, and how the list of exceptions is held to what is really needed.
import type { Project } from "./source-files.ts";

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly what: string;
}

export interface Rule {
  /** A sentence: the title of its test and the name by which an exception refers to it. */
  readonly name: string;
  readonly find: (project: Project) => Finding[];
}

export interface Exception {
  readonly rule: string;
  readonly file: string;
  /** How many findings of this rule the file is allowed, exactly. */
  readonly count: number;
  readonly reason: string;
}

/** The findings of one rule that no exception covers, and the exceptions that are wider than what is needed. */
export function judge(rule: Rule, project: Project, exceptions: readonly Exception[]): string[] {
  const findings = rule.find(project);
  const excepted = exceptions.filter((exception) => exception.rule === rule.name);
  const stale = excepted.flatMap((exception) => {
    const found = findings.filter((finding) => finding.file === exception.file).length;
    return found < exception.count
      ? [`exceptions.ts: ${exception.file} is allowed ${exception.count}, needs ${found}; lower or remove it`]
      : [];
  });
  const left = findings.filter((finding) => {
    const allowed = excepted.find((exception) => exception.file === finding.file)?.count ?? 0;
    return findings.filter((other) => other.file === finding.file).length > allowed;
  });
  return [...left.map((finding) => `${finding.file}:${finding.line} ${finding.what}`), ...stale];
}
