/** Errors of the library in the words of the command line. */
import { hyphenated } from "../options/row.js";

/** The options that the library calls what the command line does, in camel case. */
const sameNames = [
  "boundary",
  "bounds",
  "complex",
  "coordinates",
  "define",
  "dt",
  "dtype",
  "faces",
  "initial",
  "interpretation",
  "limit",
  "mask",
  "maxRuntime",
  "noise",
  "order",
  "periodic",
  "restart",
  "save",
  "shape",
  "solverTolerance",
  "stability",
  "stages",
  "start",
  "stepper",
  "stop",
  "tolerance",
  "until",
];

/** What an option is called where a part of one of the library is an option of its own. */
const otherNames: Readonly<Record<string, string>> = {
  data: "measure",
  advection: "advect",
  conservation: "conserve",
  "kymograph.path": "kymograph",
  "kymograph.axis": "kymograph-axis",
  "movie.path": "movie",
  "mask.open": "mask",
  "mask.faces": "mask-faces",
  "mask.dynamic": "mask-dynamic",
  "dt.cfl": "cfl",
  "dt.velocity": "velocity",
  "dt.max": "max-dt",
};

/** `--max-dt` for `"dt.max"`, `--mask` for `"mask"`; undefined for what is no option. */
function flagOf(key: string, part: string | undefined): { readonly flag: string; readonly of?: string } | undefined {
  const whole = otherNames[`${key}.${part}`];
  if (whole !== undefined) return { flag: whole };
  const name = otherNames[key] ?? (sameNames.includes(key) ? key : undefined);
  if (name === undefined) return undefined;
  const flag = hyphenated(name);
  return part === undefined ? { flag } : { flag, of: part };
}

/** An error of the library in the words of the command line: `"--until"` for `Pde.solve: "until"`. */
export function inOptions(message: string): string {
  const text = message
    .replace(/^probe: "points\[(\d+)\]"/, (_, place: string) => `Pde: "probe.${place}"`)
    .replace(/^(kymograph|movie): "(path|axis)"/, (_, tracker: string, part: string) => `Pde: "${tracker}.${part}"`)
    .replace(/^conservation: "(\w+)"/, 'Pde: "conservation.$1"')
    // The axes of a shape are those of this command's grids; how a shape is split is the same for all commands.
    .replace(
      /^(?:Pde(?:\.solve)?: (?=")|Grid: (?="(?:faces|coordinates|shape" expected \d+ ax[ie]s|bounds|periodic)\b)|solve: )/,
      "",
    );
  if (text === message) return text;
  return text
    .replace(/^"probe\.(\d+)"/, (_, place: string) => `"--probe" number ${Number(place) + 1}`)
    .replace(/^"points\[(\d+)\](?:\.\w+)?"/, (_, place: string) => `"--point" number ${Number(place) + 1}`)
    .replace(/^"(\w+)(?:(?: of |[ .])([^"]+))?"/, (quoted, key: string, part?: string) => {
      const found = flagOf(key, part);
      if (!found) return quoted;
      return `"--${found.flag}"${found.of === undefined ? "" : ` of ${found.of}`}`;
    })
    .replace('dt: "auto"', "--dt auto")
    .replace(/Give a constant in constants: \{ (\S+): 1 \}/, "Give a constant by --set $1=1")
    .replace("Write { x: 1 }, for example.", 'For example --advect "c x = 1".')
    .replace("Name a dt of", "Name a --dt of")
    .replace('stability: "ignore"', "--stability ignore")
    .replace("Write { open, dynamic: true } for", "Add --mask-dynamic for")
    .replace("Give periodic: [false, true] for z alone.", 'Give --boundary "z = periodic" for z alone.')
    .replace("for { cfl }", "for --cfl")
    .replace(/Write (kymograph|movie)\("c\.png"\)\./, "For example --$1 c.png.")
    .replace("walls, or raise the tolerance.", "walls, or raise --drift.")
    .replace(/^"--dt" expected (a flow|steps of)/, '"--cfl" expected $1')
    .replace("Use a smaller cfl", "Use a smaller --cfl")
    .replace(/Add max to \{.*\}\./, "Add --max-dt 0.1, for example.");
}
