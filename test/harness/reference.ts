/** What the documentation says of the options, made of their table. */
import type { CommandName } from "../../src/cli/options/index.js";
import { longOf, type Row } from "../../src/cli/options/row.js";
import { table } from "../../src/cli/options/table.js";

/** The options of all commands as a table in Markdown: option, commands, meaning. */
export function optionsMarkdown(): string {
  const commandsOf = new Map<Row, CommandName[]>();
  for (const [name, rows] of Object.entries(table) as [CommandName, readonly Row[]][]) {
    for (const row of rows) commandsOf.set(row, [...(commandsOf.get(row) ?? []), name]);
  }
  const lines = [...commandsOf].map(([row, names]) => [written(row), names.join(", "), meaning(row)]);
  const [head, ...body] = [["option", "of", "meaning"], ...lines].map((cells) => `| ${cells.join(" | ")} |`);
  return `${[head, "|---|---|---|", ...body].join("\n")}\n`;
}

/** `-n`, `--ranks 3`, as code. */
function written({ flag, example }: Row): string {
  const short = /^-\w(?=,)/.exec(flag)?.[0];
  const long = example === undefined ? longOf(flag) : `${longOf(flag)} ${example}`;
  return [...(short ? [short] : []), long].map((words) => `\`${words}\``).join(", ");
}

/** What the help says, without the example, which stands beside it; what is the default; and the details. */
function meaning({ about, example, details, default: usual }: Row): string {
  const help = about.replace(`, e.g. ${example}`, "").replace(/ \((default: [^)]*)\)$/, "; $1");
  const isTold = typeof usual === "number" || typeof usual === "string";
  const parts = [help, ...(isTold ? [`default: \`${usual}\``] : []), ...(details ? [details] : [])];
  return parts.join("; ").replaceAll("|", "\\|");
}
