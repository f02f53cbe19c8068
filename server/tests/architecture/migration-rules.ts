// Migrations: how they are numbered and named, and that a frozen one never changes.
import { createHash } from "node:crypto";
import { MODULE_ORDER } from "../../src/modules.ts";
import type { Finding, Rule } from "./rule.ts";
import type { Project } from "./source-files.ts";

const FOLDER = "server/migrations/";
const NAME = /^(\d{4})_([a-z]+)_([a-z0-9_]+)\.sql$/;
const AREAS: ReadonlySet<string> = new Set([...MODULE_ORDER, "runtime"]);
const FROZEN_LIST = "server/src/runtime/migrations/frozen-migrations.ts";
const FROZEN_ENTRY = /"?([0-9a-z_]+\.sql)"?:\s*"([0-9a-f]{64})"/g;

export const MIGRATION_RULES: readonly Rule[] = [
  {
    name: "migrations are numbered from 1 on without a gap, and named after the module whose schema they change",
    find: (project) => listMigrations(project).flatMap(findMisnumbered),
  },
  {
    name: "a module's schema begins with its baseline, and has one",
    find: findLateBaselines,
  },
  {
    name: "a frozen migration stays as it was released",
    find: findChangedFrozen,
  },
];

function listMigrations({ texts }: Project): string[] {
  return [...texts.keys()]
    .filter((path) => path.startsWith(FOLDER))
    .map((path) => path.slice(FOLDER.length))
    .sort();
}

function findMisnumbered(name: string, index: number): Finding[] {
  const [, number, area = ""] = NAME.exec(name) ?? [];
  if (!AREAS.has(area)) return [at(name, "is not named 0001_<module>_<change>.sql")];
  const expected = String(index + 1).padStart(4, "0");
  return number === expected ? [] : [at(name, `is not number ${expected}: one is missing, or there twice`)];
}

function findLateBaselines(project: Project): Finding[] {
  const begun = new Set<string>();
  return listMigrations(project).flatMap((name) => {
    const [, , area = "", change] = NAME.exec(name) ?? [];
    const isFirst = !begun.has(area);
    begun.add(area);
    if (isFirst === (change === "baseline")) return [];
    return [at(name, isFirst ? `changes ${area} before its baseline` : `is a second baseline of ${area}`)];
  });
}

function findChangedFrozen({ texts }: Project): Finding[] {
  return [...(texts.get(FROZEN_LIST) ?? "").matchAll(FROZEN_ENTRY)].flatMap(([, name = "", checksum]) => {
    const text = texts.get(`${FOLDER}${name}`);
    if (text === undefined) return [at(name, "is frozen, and is missing")];
    const isSame = createHash("sha256").update(text).digest("hex") === checksum;
    return isSame ? [] : [at(name, "is frozen, and was changed: put the change into a new migration")];
  });
}

function at(name: string, what: string): Finding {
  return { file: `${FOLDER}${name}`, line: 1, what };
}
