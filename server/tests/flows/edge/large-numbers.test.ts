// Integers beyond what a column keeps, wherever a client may put a number: 400 or 404, never an error of our own.
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Ground, openGround } from "../../hostile/ground.ts";
import { type Operation, type Schema, withoutAliases } from "../../hostile/operations.ts";
import { makeBody, makePath } from "../../hostile/valid-request.ts";

const NUMBERS = ["2147483648", "9007199254740993", "9223372036854775808", "-1", "-2147483649", "1e400"];

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(async () => {
  await ground?.stop();
});

interface Probe {
  readonly operation: Operation;
  readonly path: string;
  readonly body: string | undefined;
  readonly what: string;
}

function textOf(body: unknown): string | undefined {
  return body === undefined ? undefined : JSON.stringify(body);
}

/** In the place of every parameter of path and query, and of every number and numeric text of the body. */
function listProbes(operation: Operation): Probe[] {
  const { known } = ground;
  const valid = makeBody(operation, known);
  const inPath = operation.parameters.flatMap(({ name, in: place }) =>
    NUMBERS.map((number) => ({
      operation,
      path: makePath(
        operation,
        known,
        place === "path" ? { path: { [name]: number } } : { query: `${name}=${number}` },
      ),
      body: textOf(valid),
      what: `${place} ${name} is ${number}`,
    })),
  );
  const inBody = listPlaces(operation.body, valid).flatMap((place) =>
    NUMBERS.flatMap((number) => [number, `"${number}"`]).map((number) => ({
      operation,
      path: makePath(operation, known),
      body: replaceAt(valid, place, number),
      what: `body ${place.join(".")} is ${number}`,
    })),
  );
  return [...inPath, ...inBody];
}

type Place = readonly (string | number)[];

function listPlaces(schema: Schema | undefined, value: unknown, at: Place = []): Place[] {
  if (typeof value === "number" || (typeof value === "string" && /^\d+(\.\d+)?$/.test(value))) return [at];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) =>
    listPlaces(schema, child, [...at, Array.isArray(value) ? Number(name) : name]),
  );
}

const MARK = "\u2063mark\u2063";

function replaceAt(body: unknown, place: Place, text: string): string {
  const replaced = (node: unknown, [step, ...rest]: Place): unknown => {
    if (step === undefined) return MARK;
    if (Array.isArray(node))
      return node.map((child, index) => (index === step ? replaced(child, rest) : child));
    return { ...(node as object), [step]: replaced((node as Record<string, unknown>)[step], rest) };
  };
  return JSON.stringify(replaced(body, place)).replace(JSON.stringify(MARK), () => text);
}

/** What is wrong with the answer; undefined where nothing is. A number that is refused is named. */
async function probe({ operation, path, body, what }: Probe): Promise<string | undefined> {
  const { method } = operation;
  const answer = await ground.send({ method, path, token: ground.tokenFor(operation), body });
  const { status } = answer;
  const told = `${operation.title}: ${what}: ${status}`;
  if (status >= 500 && status !== 503) return told;
  const problem = status === 400 ? JSON.parse(answer.text) : {};
  const isUnnamed = problem.code === "invalid_request" && problem.errors === undefined;
  return isUnnamed ? `${told} names no field: ${problem.detail}` : undefined;
}

it("F6-38 a number beyond 32 bits, 53 bits, 64 bits or any is never an error of our own, and named where it is refused", async () => {
  const broken: string[] = [];
  for (const operation of withoutAliases(ground.operations)) {
    const probes = listProbes(operation).filter(({ path }) => path.length < 8_000);
    for (let from = 0; from < probes.length; from += 8) {
      const told = await Promise.all(probes.slice(from, from + 8).map(probe));
      broken.push(...told.filter((fault) => fault !== undefined));
    }
  }
  expect(broken).toEqual([]);
}, 300_000);
