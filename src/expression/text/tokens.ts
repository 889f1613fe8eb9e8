/** The words of the language of expressions, each with its place in the text. */
import { type Text, wrongText } from "../../diagnostics.js";
import { joinedText } from "./words.js";

export interface Token {
  readonly kind: "number" | "name" | "symbol" | "line" | "end";
  /** The characters themselves; `^` for `**`. */
  readonly text: string;
  /** Of its first character in the text, and behind its last. */
  readonly from: number;
  readonly to: number;
}

const noComments = "Texts have no comments: leave it out.";

/** A text with more characters is refused. */
const longest = 100_000;

const pattern =
  /(?<blank>[^\S\n]+)|(?<line>\n)|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<name>[\p{L}_][\p{L}\p{M}\p{Nd}_]*)|(?<symbol>∇²|\*\*|<=|>=|==|!=|[-+*/^<>=()[\],.;])/uy;

/** What a character is called in the language, where texts from elsewhere have another one. */
const meant: ReadonlyMap<string, string> = new Map([
  ["−", "-"],
  ["–", "-"],
  ["·", "*"],
  ["×", "*"],
  ["∙", "*"],
  ["÷", "/"],
  ["²", "^2"],
  ["³", "^3"],
  ["≤", "<="],
  ["≥", ">="],
  ["≠", "!="],
  ["∇", "∇² or gradient"],
  ["Δ", "laplace"],
  ["∂", "d_dx"],
  ["√", "sqrt"],
  ["{", "("],
  ["}", ")"],
  ["%", "mod(a, b)"],
  ["?", "where(test, a, b)"],
]);

/** The tokens of a text. The ends of lines are tokens outside of parentheses and brackets. @throws CompileError */
export function tokensOf(source: Text): readonly Token[] {
  const { text } = source;
  if (text.length > longest) {
    throw wrongText(
      source,
      0,
      `at most ${longest} characters`,
      String(text.length),
      "Divide the text into named parts.",
    );
  }
  const tokens: Token[] = [];
  let depth = 0;
  let from = 0;
  while (from < text.length) {
    pattern.lastIndex = from;
    const groups = pattern.exec(text)?.groups;
    const to = pattern.lastIndex;
    if (!groups) throw unknownCharacter(source, from);
    const found = text.slice(from, to);
    const [comment] = /^\/[/*]/.exec(text.slice(from, from + 2)) ?? [];
    if (comment !== undefined) {
      const todo = `${noComments}${comment === "//" ? " A whole quotient is floor(a / b)." : ""}`;
      throw wrongText(source, from, "a number, a name or an operator", quote(comment), todo);
    }
    if (groups.number !== undefined) {
      if (!Number.isFinite(Number(found))) {
        throw wrongText(source, from, "a number of 64 bits", shorten(found), "Write a smaller number.");
      }
      tokens.push({ kind: "number", text: found, from, to });
    } else if (groups.name !== undefined) {
      // The same letter may be written in several ways.
      tokens.push({ kind: "name", text: found.normalize("NFC"), from, to });
    } else if (groups.symbol !== undefined) {
      if (found === "(" || found === "[") depth++;
      if (found === ")" || found === "]") depth--;
      tokens.push({ kind: "symbol", text: found === "**" ? "^" : found, from, to });
    } else if (groups.line !== undefined && depth <= 0) {
      tokens.push({ kind: "line", text: "\n", from, to });
    }
    from = to;
  }
  tokens.push({ kind: "end", text: "", from: text.length, to: text.length });
  return tokens;
}

function unknownCharacter(source: Text, from: number) {
  const character = String.fromCodePoint(source.text.codePointAt(from)!);
  const instead = meant.get(character);
  const todo = instead === undefined ? "Remove it." : `Write ${instead} instead.`;
  const known = character === "#" ? noComments : joinedText(character);
  return wrongText(source, from, "a number, a name or an operator", JSON.stringify(character), known ?? todo);
}

/** Words of a text in an error: in quotes, and not many. */
export function quote(text: string): string {
  return JSON.stringify(shorten(text));
}

/** Words of a text in one line, and not many. */
export function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > 40 ? `${line.slice(0, 37)}...` : line;
}
