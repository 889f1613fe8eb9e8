/** The manual page and the schemas, made of the commands and their options when the package is built. */
import { packageVersion } from "../../package.js";
import { schemaOf } from "../options/filed.js";
import { table } from "../options/table.js";
import { programOf } from "../program.js";
import { subject } from "../run/config.js";
import { subjectOf } from "../solve/config.js";
import { examples } from "./examples.js";
import { exitCodes } from "./help.js";
import { type Flag, type Known, knownOf } from "./words.js";

/** What files of `--config` have, by command, for editors. */
export const schemas = { advect: schemaOf(subject), solve: schemaOf(subjectOf(table.solve)) };

/** A text for the macros of man pages. */
function roff(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^[.']/gm, "\\&$&");
}

/** `-n, --ranks <n>` as a heading of a paragraph. */
function flagLines({ long, short, about, value: name }: Flag): string[] {
  const value = name === "" ? "" : ` \\fI${roff(name)}\\fR`;
  const names = [...(short ? [short] : []), long].map((flag) => `\\fB${roff(flag)}\\fR`).join(", ");
  return [".TP", `${names}${value}`, roff(about)];
}

function commandLines({ name, about, flags, words }: Known): string[] {
  return [
    `.SS "wasm\\-mpi ${name}"`,
    roff(about),
    ...(words.length > 0 ? [".PP", `Of: ${roff(words.join(", "))}`] : []),
    ...flags.filter(({ long }) => long !== "--help").flatMap(flagLines),
  ];
}

/** The page, in section 1. */
export function manualPage(): string {
  const program = programOf();
  const known = knownOf(program).filter(({ name }) => name !== "help");
  const shown = Object.values(examples).flat();
  const lines = [
    `.TH WASM\\-MPI 1 "" "wasm\\-mpi ${packageVersion()}" "User Commands"`,
    ".SH NAME",
    `wasm\\-mpi \\- ${roff(program.description().replace(/\.$/, ""))}`,
    ".SH SYNOPSIS",
    ".B wasm\\-mpi",
    ".I command",
    "[\\fIarguments\\fR] [\\fIoptions\\fR]",
    ".SH DESCRIPTION",
    roff(
      "Every command prints its options with --help, and works under a launcher: mpiexec -n 3 node_modules/.bin/wasm-mpi ...",
    ),
    ".SH COMMANDS",
    ...known.flatMap(commandLines),
    ".SH EXAMPLES",
    ...shown.flatMap(({ about, line }) => [".TP", roff(about), `\\fB${roff(line)}\\fR`]),
    ".SH EXIT STATUS",
    ...exitCodes.flatMap(([code, meaning]) => [".TP", roff(code), roff(meaning)]),
    ".SH SEE ALSO",
    roff("docs/reference/command-line.md of the package has the keys of --json and the environment variables."),
  ];
  return `${lines.join("\n")}\n`;
}
