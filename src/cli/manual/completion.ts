/** `wasm-mpi completion`: scripts by which shells complete this command line. */
import type { Command } from "commander";
import { detectJob } from "../../mpi/library/launcher.js";
import type { Shell } from "./shell.js";
import { type Known, knownOf } from "./words.js";

/** `wasm-mpi completion` */
export function completion(shell: Shell, program: Command): void {
  if ((detectJob()?.rank ?? 0) === 0) process.stdout.write(writers[shell](knownOf(program)));
}

const writers: Readonly<Record<Shell, (commands: readonly Known[]) => string>> = { bash, zsh, fish };

/** A text between single quotes, for any of the shells. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The words that may stand where an argument does: a command's, and its options. */
const flagWords = ({ flags }: Known) => flags.flatMap(({ long, short }) => (short ? [short, long] : [long]));

const outer = (commands: readonly Known[]) => commands.filter(({ name }) => !name.includes(" "));

/** What bash completes: words of ours, and files where there are none. */
function bash(commands: readonly Known[]): string {
  const values = commands.flatMap(({ name, flags }) =>
    flags
      .filter(({ follows }) => follows !== "nothing")
      .map(({ long, short, follows }) => {
        const patterns = [long, ...(short ? [short] : [])].map((flag) => quoted(`${name} ${flag}`)).join("|");
        return `    ${patterns}) words=${quoted(Array.isArray(follows) ? follows.join(" ") : "")} ;;`;
      }),
  );
  const cases = commands.map(
    (known) =>
      `      ${quoted(known.name)}) words=${quoted(known.words.join(" "))} flags=${quoted(flagWords(known).join(" "))} ;;`,
  );
  return `# Completion of wasm-mpi for bash: eval "$(wasm-mpi completion bash)"
_wasm_mpi() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD - 1]}" name="\${COMP_WORDS[1]}"
  local words='' flags=''
  COMPREPLY=()
  if [ "$name \${COMP_WORDS[2]}" = 'compare solve' ] && [ "$COMP_CWORD" -gt 2 ]; then name='compare solve'; fi
  if [ "$COMP_CWORD" -eq 1 ]; then
    words=${quoted(
      outer(commands)
        .map(({ name }) => name)
        .join(" "),
    )} flags='--help --version'
  else case "$name $before" in
${values.join("\n")}
    *) case "$name" in
${cases.join("\n")}
    esac ;;
  esac fi
  case "$current" in -*) words="$flags" ;; esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _wasm_mpi wasm-mpi
`;
}

/** What zsh completes, with what each word means. */
function zsh(commands: readonly Known[]): string {
  const said = (text: string) => text.replace(/[[\]:\\]/g, "\\$&");
  const action = { nothing: "", file: ":file:_files", folder: ":folder:_files -/", text: ":value: " };
  const specs = ({ words, flags }: Known) => [
    ...flags.flatMap(({ long, short, about, follows }) =>
      [long, ...(short ? [short] : [])].map((flag) => {
        const value = typeof follows === "string" ? action[follows] : `:value:(${follows.join(" ")})`;
        return quoted(`*${flag}[${said(about)}]${value}`);
      }),
    ),
    ...(words.length > 0
      ? [quoted(`1:word:(${words.join(" ")})`), quoted("*:file:_files")]
      : [quoted("*:file:_files")]),
  ];
  const cases = commands.map(
    (known) => `    ${quoted(known.name)}) _arguments -s ${specs(known).join(" \\\n      ")} ;;`,
  );
  const listed = outer(commands).map(({ name, about }) => `    ${quoted(`${name}:${about.replaceAll(":", "\\:")}`)}`);
  return `#compdef wasm-mpi
# Completion of wasm-mpi for zsh: wasm-mpi completion zsh > _wasm-mpi, in a folder of $fpath
_wasm_mpi() {
  local -a commands=(
${listed.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local name=$words[2]
  shift words; (( CURRENT-- ))
  if [[ "$name $words[2]" == 'compare solve' ]] && (( CURRENT > 2 )); then
    name='compare solve'
    shift words; (( CURRENT-- ))
  fi
  case $name in
${cases.join("\n")}
  esac
}
if [ "$funcstack[1]" = _wasm-mpi ]; then _wasm_mpi "$@"; else compdef _wasm_mpi wasm-mpi; fi
`;
}

/** What fish completes, with what each word means. */
function fish(commands: readonly Known[]): string {
  const none = "__fish_use_subcommand";
  const first = outer(commands).map(
    ({ name, about }) => `complete -c wasm-mpi -n ${none} -f -a ${name} -d ${quoted(about)}`,
  );
  const rest = commands.flatMap(({ name, words, flags }) => {
    const seen = name.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`);
    const alone = name === "compare" ? [...seen, "not __fish_seen_subcommand_from solve"] : seen;
    const when = quoted(alone.join("; and "));
    return [
      ...(words.length > 0 ? [`complete -c wasm-mpi -n ${when} -a ${quoted(words.join(" "))}`] : []),
      ...flags.map(({ long, short, about, follows }) => {
        const value =
          follows === "nothing" ? "" : typeof follows === "string" ? " -r" : ` -x -a ${quoted(follows.join(" "))}`;
        return `complete -c wasm-mpi -n ${when} -l ${long.slice(2)}${short ? ` -s ${short.slice(1)}` : ""}${value} -d ${quoted(about)}`;
      }),
    ];
  });
  return `# Completion of wasm-mpi for fish: wasm-mpi completion fish > ~/.config/fish/completions/wasm-mpi.fish
${[...first, ...rest].join("\n")}
`;
}
