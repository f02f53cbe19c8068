// Who may import whom. The modules' order comes from one list; everything else follows from the folders.
const { MODULE_ORDER } = require("./server/src/modules.ts");

const SRC = "^server/src/";
const TEST = "\\.test\\.ts$";
/** The files of a module that speak HTTP or bring routes; only they may use the HTTP kit. */

const ROUTES = "[/-](routes|schemas)\\.ts$";
/** Those, what brings a module up with its routes, and what hears of refusals. */
const SPEAKERS = "([/-](routes|schemas)|/note-refusals|/open|modules/module)\\.ts$";

/** A module imports itself, values, runtime, the modules to its left through their doors, and nothing else of ours. */
function boundariesOf(module, index) {
  const folder = `${SRC}modules/${module}/`;
  const higher = MODULE_ORDER.slice(index + 1).join("|");
  const rules = [
    {
      name: `${module}-outside`,
      comment: `${module} may use values, runtime and lower modules; it knows nothing of targets, cli or main.`,
      severity: "error",
      from: { path: folder, pathNot: TEST },
      to: {
        path: "^(server|bench|examples|console|client)/",
        pathNot: `${SRC}(modules|values|runtime|http|config)`,
      },
    },
    {
      name: `${module}-uses-doors`,
      comment: "Another module is entered through its index.ts, and opened with what its open.ts serves.",
      severity: "error",
      from: { path: folder },
      to: {
        path: `${SRC}modules/`,
        pathNot: [folder, `${SRC}modules/[^/]+/(index|open)\\.ts$`, `${SRC}modules/module\\.ts$`],
      },
    },
  ];
  if (higher === "") return rules;
  return [
    ...rules,
    {
      name: `${module}-looks-down`,
      comment: "A module imports only modules to its left; news for higher ones is an outbox event.",
      severity: "error",
      from: { path: folder },
      to: { path: `${SRC}modules/(${higher})/` },
    },
  ];
}

module.exports = {
  forbidden: [
    ...MODULE_ORDER.flatMap(boundariesOf),
    {
      name: "values-import-nothing",
      severity: "error",
      from: { path: `${SRC}values/`, pathNot: TEST },
      to: { pathNot: [`${SRC}values/`, "^(node:)?(crypto|assert|url)$"] },
    },
    {
      name: "runtime-imports-values",
      comment: "The runtime knows values, npm packages and the type of the configuration.",
      severity: "error",
      from: { path: `${SRC}runtime/`, pathNot: TEST },
      to: { path: "^(server|bench|examples)/", pathNot: `${SRC}(runtime|values)/|${SRC}config/` },
    },
    {
      name: "configuration-is-handed-down",
      comment:
        "Only the program, the cli and each module's open.ts read the configuration; others see its type at most.",
      severity: "error",
      from: { path: `${SRC}(runtime|modules)/`, pathNot: [TEST, "/open\\.ts$"] },
      to: { path: `${SRC}config/`, dependencyTypesNot: ["type-only"] },
    },
    {
      name: "http-serves-any-module",
      comment: "The HTTP kit knows no module, no subcommand and no composition.",
      severity: "error",
      from: { path: `${SRC}http/`, pathNot: TEST },
      to: {
        path: "^(server|bench|examples)/",
        pathNot: `${SRC}(http|values|runtime)/|${SRC}config/`,
      },
    },
    {
      name: "only-routes-know-http",
      comment:
        "Commands, reads and stores do not know that HTTP exists; who may do what and versions they know as tables.",
      severity: "error",
      from: { path: `${SRC}modules/`, pathNot: [SPEAKERS, TEST] },
      to: { path: `${SRC}http/`, pathNot: `${SRC}http/(permissions|version)\\.ts$` },
    },
    {
      name: "store-is-private",
      comment: "HTTP to SQL is three hops: routes, the command's file, the store.",
      severity: "error",
      from: { path: ROUTES },
      to: { path: `${SRC}modules/.*[/-]store\\.ts$`, dependencyTypesNot: ["type-only"] },
    },
    {
      name: "cli-is-on-top",
      severity: "error",
      from: { path: SRC, pathNot: [`${SRC}(cli/|main\\.ts$)`, TEST] },
      to: { path: `${SRC}(cli/|main\\.ts$)` },
    },
    {
      name: "library-uses-door",
      comment:
        "The library is built from what server/src/library.ts offers; nothing of ours needs the library.",
      severity: "error",
      from: { path: "^library/src/", pathNot: TEST },
      to: { path: "^(server|bench|examples)/", pathNot: `${SRC}library\\.ts$` },
    },
    {
      name: "library-is-on-top",
      severity: "error",
      from: { path: "^(server|bench|examples)/" },
      to: { path: "^library/" },
    },
    {
      name: "program-without-tests",
      comment: "What runs in production imports no test, bench or example, and no development dependency.",
      severity: "error",
      from: { path: SRC, pathNot: TEST },
      to: { path: "^(server/tests|bench|examples)/|\\.test\\.ts$" },
    },
    {
      name: "program-without-dev-dependencies",
      severity: "error",
      from: { path: SRC, pathNot: TEST },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only", "npm"] },
    },
    {
      name: "declared-dependencies-only",
      severity: "error",
      from: {},
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "undetermined"] },
    },
    { name: "imports-exist", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "no-cycles",
      comment:
        "Two files may know each other's types, such as a store and what it loads; they may not run each other.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-orphans",
      comment: "A file that nobody imports and that imports nobody is dead, or not wired up yet.",
      severity: "error",
      from: { orphan: true, path: SRC, pathNot: [TEST, `${SRC}main\\.ts$`] },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^library/dist/" },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
      extensions: [".ts", ".mjs", ".js", ".cjs"],
    },
  },
};
