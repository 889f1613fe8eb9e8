/** Options of calls: what is unknown, and that the table of them is whole. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { mpi } from "../../src/mpi/index.js";
import { root } from "../harness/process.js";
import { type Any, file, rows } from "./calls.js";

afterAll(() => file.close());

/** The text of the error of a call. */
function textOf(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    return String(error);
  }
  return "no error";
}

/** `options among to, tag`, or `keys among offset, type` of what is an argument itself. */
function namesText(where: string, known: string): string {
  const noun = where.endsWith('"') ? "key" : "option";
  return known.includes(",") ? `${noun}s among ${known}` : `the ${noun} ${known}`;
}

describe("options", () => {
  it.each(rows)(
    "of $method that are unknown are answered with the nearest",
    ({ where, known, unknown, meant, attempt }) => {
      const subject = where.endsWith('"') ? where : `${where}:`;
      expect(textOf(() => attempt({ [unknown]: 1 } as Any))).toBe(
        `UsageError: ${subject} expected ${namesText(where, known)}, got "${unknown}". Did you mean ${meant}?`,
      );
    },
  );

  const reductions = rows.filter(({ known, where }) => known.split(", ").includes("op") && !where.includes('"'));
  it.each(reductions)("of $method name the operation where it is there", ({ where, attempt }) => {
    expect(textOf(() => attempt({ op: undefined } as Any))).toBe(
      `UsageError: ${where}: "op" expected an operation, got undefined. Write its name: { op: "max" }.`,
    );
  });

  it("are no default where a name does not exist", () => {
    const missing = mpi as unknown as Record<string, never>;
    const comm = mpi.self;
    expect(textOf(() => comm.allreduce(3, { op: missing.MAX! }))).toBe(
      'UsageError: MPI_Allreduce: "op" expected an operation, got undefined. Write its name: { op: "max" }.',
    );
    expect(comm.allreduce(3, undefined)).toBe(3);
  });

  const inObjects = rows.filter(({ method }) => !method.includes(" of "));
  it.each(inObjects)("of $method have to be in an object", ({ where, known, attempt }) => {
    const subject = where.endsWith('"') ? where : `${where}:`;
    const write = `Write { ${known.split(",")[0]}: ... }.`;
    const expected = `UsageError: ${subject} expected an object with ${namesText(where, known)}, got`;
    expect(textOf(() => attempt(2 as Any))).toBe(`${expected} 2. ${write}`);
    expect(textOf(() => attempt(null as Any))).toBe(`${expected} null. ${write}`);
  });
});

it("a value that is no array is answered with the call for values, where there is one", () => {
  const comm = mpi.self;
  const to = (call: string, argument: string, got: string, name: string) =>
    `UsageError: MPI_${call}: "${argument}" expected a typed array, got ${got}. Pass for example a Float64Array, or use ${name} for other values.`;
  expect(textOf(() => comm.bcast({ dt: 1 } as Any))).toBe(to("Bcast", "array", "Object", "bcastObject"));
  expect(textOf(() => comm.gather(3 as Any))).toBe(to("Gather", "send", "3", "gatherObject"));
  expect(textOf(() => comm.exscan(1 as Any, undefined as Any))).toBe(to("Exscan", "send", "1", "exscanObject"));
  expect(textOf(() => comm.irecv({ from: 0 } as Any))).toBe(to("Irecv", "array", "Object", "irecvObject"));
});

/** A method that users call, with the types of its parameters as they are written. */
interface Method {
  readonly title: string;
  readonly parameters: string;
}

const folder = join(root, "src", "mpi");
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !/^(solo|library)\b/.test(name)) // No user calls these.
  .map((name) => readFileSync(join(folder, name), "utf8"));

/** The public methods of classes and of the objects `mpi` and `mpi.datatype`. */
const methods: readonly Method[] = sources.flatMap((text) =>
  Array.from(
    text.matchAll(
      /^export (?:abstract )?(?:class|const) (\w+)(?:<.*?>)?(?: (?:extends|implements) [^{]*)? (?:= )?\{\n(.*?)^\}/gms,
    ),
    ([, owner, body]) =>
      Array.from(
        body!.matchAll(
          /(@internal[^\n]*\n)?(?:^ +\*\/\n)?^ {2}(?:override )?(\w+)(?:<[^\n(]*>)?\(([^{}]*?(?:\{[^}]*\}[^{}]*?)*)\)(?:: [^\n]*)? \{$/gm,
        ),
        ([, internal, name, parameters]) => (internal ? [] : [{ title: `${owner}.${name}`, parameters: parameters! }]),
      ).flat(),
  ).flat(),
);
const functions: readonly Method[] = sources.flatMap((text) =>
  Array.from(text.matchAll(/^export function (\w+)(?:<[^\n(]*>)?\(([^)]*)\)/gm), ([, name, parameters]) => ({
    title: `mpi.${name}`,
    parameters: parameters!,
  })),
);

/** Types that are objects: interfaces, and what is made of them. */
const objects = sources.flatMap((text) =>
  Array.from(text.matchAll(/^(?:export )?(?:interface (\w+)|type (\w+) = (?:Partial|Omit)<)/gm), ([, a, b]) => a ?? b!),
);

describe("the table of options", () => {
  const takesOptions = ({ parameters }: Method) =>
    Array.from(parameters.matchAll(/: (?:readonly )?([\w{]+)/g), ([, type]) => type!).some(
      (type) => type === "{" || objects.includes(type),
    );

  it("has every method that takes options, and no other", () => {
    const members = new Set(Object.keys(mpi));
    const found = [...methods, ...functions.filter(({ title }) => members.has(title.slice(4)))]
      .filter(takesOptions)
      .map(({ title }) => title);
    const listed = new Set(rows.map(({ method }) => method.split(" of ")[0]));
    expect([...listed].toSorted()).toEqual([...new Set(found)].toSorted());
  });
});
