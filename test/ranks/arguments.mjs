/** Arguments of the command line at random: right ones, and what is wrong with the others. */

/** What an option takes: right values as texts with what they mean, and wrong ones. */
const whole = (least, most) => ({
  right: [
    "1",
    "2",
    "3",
    " 4 ",
    "1e1",
    "007",
    ...(least === 0 ? ["0"] : []),
    ...(most ? [] : ["123456789", "9007199254740991"]),
  ],
  wrong: [
    "x",
    "",
    " ",
    "1.5",
    "-1",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e300",
    "9007199254740993e9",
    "1,2",
    "٣",
    "１",
    "1_000",
    "0x",
    "one",
    "--",
    "-",
    "1 2",
    "\u001b[31m1",
    "1;rm",
    "null",
    "true",
    "[1]",
    "{}",
    "=1",
    "9".repeat(400),
    "x".repeat(20_000),
    ...(least > 0 ? ["0", "-0"] : []),
    ...(most ? [String(most + 1)] : []),
  ],
  read: Number,
});
const list = (each, { lengths = [1, 2, 3], separator = "," } = {}) => ({
  right: (random) => Array.from({ length: random.pick(lengths) }, () => random.pick(each)).join(separator),
  wrong: [
    "",
    ",",
    "1,",
    ",1",
    "1,,2",
    "a",
    "1;2",
    "1.5,x",
    "NaN",
    "Infinity,1",
    "[1,2]",
    "1 2",
    "--",
    "\n",
    "１,２",
    "1e400",
    "(1)",
  ],
  read: (text) => text.split(separator).map(Number),
});
const words = (...right) => ({
  right,
  wrong: [
    "",
    "x",
    " ",
    ...right.map((word) => word.toUpperCase()),
    ...right.map((word) => `${word} `),
    "toString",
    "__proto__",
    "0",
  ],
  read: String,
});
const file = (end, ...wrong) => ({
  right: [
    `new.${end}`,
    `./new.${end}`,
    `ünï cödé.${end}`,
    `${"n".repeat(60)}.${end}`,
    `a'b"c.${end}`,
    `-1.${end}`.slice(1),
  ],
  wrong: ["", "--json", "--steps", "-n", "-", `--x.${end}`, ...wrong],
  /** Files in the way are a failure, not a wrong use. */
  failing: end === "png" ? [`none/new.${end}`] : [`none/new.${end}`, "folder.h5"],
  read: String,
});
const on = { isSwitch: true };

const scheme = {
  "--courant": list(["0.1", "-0.2", "0", "1e-3", ".05"]),
  "--iterations": whole(1, 1000),
  "--infinite-gauge": on,
  "--nonoscillatory": on,
  "--third-order": on,
  "--divergent-flow": on,
  "--variable-sign": on,
  "--dtype": words("f64", "f32"),
};
const run = {
  ...scheme,
  "--shape": {
    ...list(["8", "6", "12", "16"]),
    wrong: [...list([]).wrong, "0", "-3", "8,0", "8,6,4,2", "8x6", "1e30", "8.5"],
  },
  "--steps": whole(0),
  "--every": whole(1),
  "--log-every": whole(1),
  "--overwrite": on,
  "--backend": words("mpiio", "posix", "gather"),
  "--json": on,
};
const blocks = { ...list(["1", "2"]), wrong: [...list([]).wrong, "0", "-1", "1x2", "1,0", "0.5"] };
const cases = ["gaussian", "cone", "options1d", "sphere", "pole", "oscillator", "drop"];
const wrongCases = [
  "blob",
  "",
  "Gaussian",
  "toString",
  "__proto__",
  "cone ",
  "-",
  "gaußian",
  "x".repeat(5000),
  "\u001b[2J",
  "a\nb",
  "0",
];

const commands = {
  advect: {
    operands: [{ right: cases, wrong: wrongCases, optional: true }],
    options: {
      ...run,
      "--split": blocks,
      "--ranks": whole(1),
      "--output": file("h5"),
      "--initial": {
        right: ["there.h5:psi"],
        wrong: ["", "there.h5", ":", "there.h5:", ":psi", "--json"],
        failing: ["none.h5:psi", "there.h5:x"],
        read: String,
      },
      "--restart": {
        right: ["there.h5", "./there.h5"],
        wrong: ["", "--json"],
        failing: ["none.h5", "text.h5", "folder.h5"],
        read: String,
      },
      "--plot": file("png", "new.jpg", "png", "new.png.txt"),
      "--timed": on,
    },
  },
  compare: {
    operands: [{ right: cases, wrong: wrongCases, optional: true }],
    options: {
      ...run,
      "--ranks": { ...list(["1", "2", "3"]), wrong: [...blocks.wrong, "1,1", "2,1,2", "-1"] },
      "--split": blocks,
      "--output": { ...file("h5"), failing: [] },
      "--plot": file("png", "new.jpg"),
      "--fewer": on,
    },
  },
  converge: {
    operands: [{ right: cases, wrong: wrongCases, optional: true }],
    options: {
      ...scheme,
      "--shapes": {
        ...list(["8", "16x12", "32"], { lengths: [2, 3] }),
        read: undefined,
        wrong: ["", "0", "8,x", "8", "16,8", "8,8", "1x2x3x4,9", "8;16", "-8,16"],
      },
      "--steps": whole(1),
      "--json": on,
    },
  },
  view: {
    operands: [
      {
        right: ["there.h5"],
        wrong: [""],
        failing: ["none.h5", "text.h5", "folder.h5", "/dev/null", "a\u001b[31m.h5", "x".repeat(300)],
      },
    ],
    options: {
      "--plot": file("png", "new.jpg"),
      "--frames": {
        ...list(["0", "-1", "1", "2", "-3"]),
        wrong: [...list([]).wrong, "99", "-4", "0.5"],
      },
      "--variable": { right: ["psi"], wrong: ["", "time", "x", "PSI", "--json", "__proto__"], read: String },
      "--movie": file("png", "new.jpg", "new.svg"),
      "--html": { ...file("html", "new.htm", "new.HTML"), failing: ["none/new.html"] },
      "--series": file("png", "new.html"),
      "--kymograph": file("svg", "new.gif"),
      "--kymograph-axis": { right: ["x", "y"], wrong: ["", "z", "X", "0", "--json", "__proto__"], read: String },
      "--rate": { right: ["1", "0.5", "60"], wrong: ["", "0", "-1", "x", "NaN", "Infinity"], read: Number },
      "--terminal": on,
      "--slice": {
        right: ["x=cell:3", "y=0.5"],
        wrong: ["", "x", "z=0.5", "x=cell:8", "x=-1", "y=cell:0.5", "=1"],
        read: undefined,
      },
      "--project": {
        right: ["max", "min", "mean", "x=max"],
        wrong: ["", "sum", "z=max", "max=x", "MAX"],
        read: undefined,
      },
      "--map": words("viridis", "magma", "plasma", "grey", "coolwarm"),
      "--range": {
        right: ["0,1", "-1,2"],
        wrong: ["", "1", "1,0", "0,0", "a,b", "0,1,2", "0,Infinity"],
        read: undefined,
      },
      "--min": { right: ["0", "-1e3"], wrong: ["", "x", "NaN", "Infinity"], read: Number },
      "--max": { right: ["1", "1e3"], wrong: ["", "x", "NaN", "Infinity"], read: Number },
      "--log": on,
      "--contours": {
        right: ["8", "0.2,0.4", "at:0"],
        wrong: ["", "0", "-1", "0.5", "x", "at:", "65"],
        read: undefined,
      },
      "--vectors": { right: ["psi,psi", "flow"], wrong: ["", "psi,"], read: undefined },
      "--blocks": on,
      "--json": on,
    },
  },
  bench: {
    operands: [
      { right: ["pingpong", "ring", "allreduce", "pi", "io"], wrong: ["", "x", "Ring", "halo,ring", "constructor"] },
    ],
    options: {
      "--ranks": whole(1),
      "--sizes": {
        right: ["8", "8,64KiB", "1MiB", "16,32"],
        wrong: ["", "x", "7.5", "-8", "8KB", "8,", "0", "1GiB", "8;16"],
        read: String,
      },
      "--rounds": whole(1),
      "--folder": { right: ["."], wrong: ["", "--json"], read: undefined },
      "--backend": words("mpiio", "posix"),
      "--plot": file("png", "new.jpg"),
      "--html": { ...file("html", "new.htm", "new.HTML"), failing: ["none/new.html"] },
      "--json": on,
    },
  },
  run: {
    operands: [{ right: ["program.mjs"], wrong: [], failing: ["none.mjs", "folder.h5", ""] }],
    options: { "--ranks": whole(1), "--json": on },
  },
  build: {
    operands: [{ right: ["source.ts"], wrong: ["", "source.js", "there.h5"], failing: ["none.ts"] }],
    options: {
      "--output": { right: ["new.wasm"], wrong: ["", "--json"], failing: ["none/new.wasm", "folder.h5"], read: String },
      "--optimize": whole(0, 3),
      "--debug": on,
      "--json": on,
    },
  },
  doctor: { operands: [], options: { "--json": on } },
};
const short = { "--ranks": ["advect", "bench", "run"], "--output": ["build"] };
const weights = [
  "advect",
  "advect",
  "advect",
  "advect",
  "advect",
  "compare",
  "compare",
  "compare",
  "converge",
  "converge",
  "view",
  "view",
  "bench",
  "bench",
  "run",
  "build",
  "doctor",
];
const allFlags = [...new Set(Object.values(commands).flatMap(({ options }) => Object.keys(options)))];
const keyOf = (flag) =>
  flag
    .slice(2)
    .replace(/-(\w)/g, (_, letter) => letter.toUpperCase())
    .replace("thirdOrder", "thirdOrderTerms");

/** A name with a mistake in it. */
function misspelt(flag, { below, pick }) {
  const at = 2 + below(flag.length - 2);
  const letter = pick([..."abcdefgxyz-"]);
  return pick([
    flag.slice(0, at) + flag.slice(at + 1),
    flag.slice(0, at) + letter + flag.slice(at),
    flag.toUpperCase(),
    flag.slice(1),
    `-${flag}`,
    flag.replace("--", "—"),
    flag.replace("--", "––"),
    `${flag}\u200b`,
    `${flag}\u001b[31m`,
    `${flag}s`,
    flag.slice(0, 4),
    `--no-${flag.slice(2)}`,
    `${flag.slice(0, at)}\n${flag.slice(at)}`,
    "--__proto__",
    "--constructor",
    `--${"x".repeat(3000)}`,
  ]);
}

/**
 * Arguments: their words, what is wrong with them and the exit codes that this may have, and what the options mean.
 * @param random numbers at random
 */
export function argumentsOf(random) {
  const { pick, next } = random;
  const name = pick(weights);
  const { operands, options } = commands[name];
  const [wrong, codes, expected] = [[], new Set(), {}];
  const blame = (text, ...code) => {
    wrong.push(text);
    for (const each of code) codes.add(each);
  };
  const valueFor = (flag, kind) => {
    const isWrong = next() < 0.08;
    const failing = kind.failing?.length && next() < 0.05;
    if (failing) {
      const value = pick(kind.failing);
      blame(`${flag} ${value} cannot be`, 1, 2);
      return value;
    }
    if (isWrong && kind.wrong.length > 0) {
      const value = pick(kind.wrong);
      blame(`${flag} is ${JSON.stringify(value.slice(0, 50))}`, 2);
      return value;
    }
    const value = typeof kind.right === "function" ? kind.right(random) : pick(kind.right);
    if (kind.read) expected[keyOf(flag)] = kind.read(value);
    return value;
  };
  const words = [];
  for (const operand of operands) {
    if (operand.optional && next() < 0.3) continue;
    if (!operand.optional && next() < 0.03) blame("an operand is missing", 2, 1);
    else words.push([valueFor("the operand", operand)]);
  }
  delete expected[keyOf("the operand")];
  const flags = Object.keys(options).filter(() => next() < 2.2 / Object.keys(options).length);
  if (name === "run") words.reverse();
  for (const flag of flags) {
    const kind = options[flag];
    if (next() < 0.03) {
      const written = misspelt(flag, random);
      if (!Object.hasOwn(options, written)) {
        // `run` takes it for its program.
        blame(`${written.slice(0, 40)} is no option`, 2, ...(name === "run" ? [1] : []));
        words.push(kind.isSwitch ? [written] : [written, "1"]);
        continue;
      }
    }
    if (kind.isSwitch) {
      expected[keyOf(flag)] = true;
      const isGiven = next() < 0.02;
      if (isGiven) blame(`${flag} has a value`, 2);
      words.push([isGiven ? `${flag}=true` : flag]);
      continue;
    }
    const written = short[flag]?.includes(name) && next() < 0.4 ? (flag === "--output" ? "-o" : "-n") : flag;
    const value = valueFor(flag, kind);
    const joined = next() < 0.2;
    const isSplit = joined && value !== "" && !(written.length === 2 && value.startsWith("="));
    words.push(isSplit ? [`${written}${written.length > 2 ? "=" : ""}${value}`] : [written, value]);
    // The last one counts.
    if (next() < 0.02) words.push([flag, value]);
  }
  if (next() < 0.02) {
    const stray = pick(allFlags.filter((flag) => !Object.hasOwn(options, flag)));
    blame(`${stray} is of another command`, 2);
    words.push([stray]);
  }
  if (next() < 0.02 && name !== "run") {
    blame("there is an operand too many", 2, 1);
    for (let n = operands.length; n >= 0; n--) words.push([pick(["gaussian", "x", "", "🦀"])]);
  }
  // The options of `run` come before its program, what comes behind is the program's.
  const ordered = name === "run" ? [...words.slice(1), ...words.slice(0, 1)] : words.sort(() => next() - 0.5);
  let args = [name, ...ordered.flat()];
  if (next() < 0.02) {
    const valued = flags.find((flag) => !options[flag].isSwitch);
    if (valued && name !== "run") {
      args = [...args, valued];
      blame(`${valued} has no value`, 2);
    }
  }
  if (next() < 0.02) {
    args[0] = pick([
      "advekt",
      "",
      "ADVECT",
      "view ",
      "__proto__",
      "constructor",
      "🦀",
      "-",
      "--",
      "9",
      "\u001b[2Jadvect",
    ]);
    blame(`${JSON.stringify(args[0])} is no command`, 2);
  }
  return { args, wrong, codes: [...codes], expected };
}
