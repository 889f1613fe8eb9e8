/**
 * The grammar of the language of expressions: a text becomes a tree, each node with its place in the text.
 *
 *     statements  = [name "=" comparison] (("\n" | ";") [name "=" comparison])*
 *     comparison  = sum [("<" | "<=" | ">" | ">=" | "==" | "!=") sum]
 *     sum         = product (("+" | "-") product)*
 *     product     = signed (("*" | "/") signed)*
 *     signed      = ("-" | "+") signed | power
 *     power       = postfix [("^" | "**") signed]
 *     postfix     = primary ("[" arguments "]" | "." name)*
 *     primary     = number | "(" comparison ")" | name ["(" arguments ")"] | "∇²" postfix
 *     arguments   = [[name "="] comparison ("," [name "="] comparison)*]
 *
 * So `-c^2` is `-(c^2)`, `a^b^c` is `a^(b^c)` and `2^-1` a half. A chain of sums or products is one node, so that no text
 * makes a deep tree but by nesting, which is limited.
 */
import { type Text, wrongText } from "../../diagnostics.js";
import { quote, type Token, tokensOf } from "./tokens.js";
import { joinedText } from "./words.js";

/** The characters of a node: from the first to behind the last. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export type Comparison = "<" | "<=" | ">" | ">=" | "==" | "!=";

/** An operand of a chain behind the first one, with the place of its operator. */
export interface Link {
  readonly operator: "+" | "-" | "*" | "/";
  readonly at: number;
  readonly operand: Tree;
}

export type Tree =
  | (Span & { readonly kind: "number"; readonly value: number })
  | (Span & { readonly kind: "name"; readonly name: string })
  | (Span & { readonly kind: "negate"; readonly operand: Tree })
  /** Sums and differences, or products and quotients, from left to right. */
  | (Span & { readonly kind: "chain"; readonly first: Tree; readonly links: readonly Link[] })
  | (Span & { readonly kind: "power"; readonly base: Tree; readonly exponent: Tree; readonly at: number })
  | (Span & {
      readonly kind: "compare";
      readonly operator: Comparison;
      readonly at: number;
      readonly left: Tree;
      readonly right: Tree;
    })
  | (Span & { readonly kind: "call"; readonly name: string; readonly args: readonly Tree[]; readonly named: Named })
  /** `u[1, 0]`, `v[0]`. */
  | (Span & { readonly kind: "index"; readonly of: Tree; readonly indices: readonly Tree[] })
  /** `v.x`. */
  | (Span & { readonly kind: "member"; readonly of: Tree; readonly name: string; readonly at: number });

/** The arguments with a name. */
export type Named = readonly { readonly name: string; readonly value: Tree; readonly at: number }[];

/** `name = value`. */
export interface Statement {
  readonly name: string;
  readonly at: number;
  readonly value: Tree;
}

/** The tree of one expression. @throws CompileError that shows the place */
export function parseExpression(source: Text): Tree {
  return new Parser(source, true).expression();
}

/** The assignments of a text, separated by ends of lines or semicolons. @throws CompileError that shows the place */
export function parseStatements(source: Text): readonly Statement[] {
  return new Parser(source, false).statements();
}

/** The names of values in a tree; those of functions and components aside. */
export function namesOf(tree: Tree): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: Tree): void => {
    switch (node.kind) {
      case "number":
        break;
      case "name":
        names.add(node.name);
        break;
      case "negate":
        visit(node.operand);
        break;
      case "chain":
        visit(node.first);
        for (const { operand } of node.links) visit(operand);
        break;
      case "power":
        visit(node.base);
        visit(node.exponent);
        break;
      case "compare":
        visit(node.left);
        visit(node.right);
        break;
      case "call":
        for (const arg of node.args) visit(arg);
        // Words such as `true` mean nothing elsewhere.
        for (const { value } of node.named) if (value.kind !== "name") visit(value);
        break;
      case "index":
        visit(node.of);
        for (const index of node.indices) visit(index);
        break;
      case "member":
        visit(node.of);
        break;
    }
  };
  visit(tree);
  return names;
}

/** Deeper nesting of parentheses, calls, signs and exponents is refused. */
const deepest = 200;

const comparisons: ReadonlySet<string> = new Set(["<", "<=", ">", ">=", "==", "!="]);

class Parser {
  readonly #source: Text;
  readonly #tokens: readonly Token[];
  #place = 0;
  #depth = 0;

  /** @param isOne - the text is one expression, in which the end of a line means nothing */
  constructor(source: Text, isOne: boolean) {
    this.#source = source;
    const tokens = tokensOf(source);
    this.#tokens = isOne ? tokens.filter(({ kind }) => kind !== "line") : tokens;
  }

  expression(): Tree {
    if (this.#peek().kind === "end") throw this.#wrong("an expression", "Write one, such as laplace(c).");
    const tree = this.#comparison();
    if (this.#peek().kind !== "end") throw this.#noOperator();
    return tree;
  }

  statements(): readonly Statement[] {
    const statements: Statement[] = [];
    for (;;) {
      while (this.#peek().kind === "line" || this.#is(";")) this.#place++;
      if (this.#peek().kind === "end") break;
      statements.push(this.#statement());
      if (this.#peek().kind !== "end" && this.#peek().kind !== "line" && !this.#is(";")) throw this.#noOperator();
    }
    if (statements.length === 0) throw this.#wrong("an assignment", "Write one, such as next = 2 * u.");
    return statements;
  }

  #statement(): Statement {
    const name = this.#peek();
    if (name.kind !== "name") {
      const [before] = this.#tokens.slice(Math.max(0, this.#place - 1));
      const continues = before?.kind === "line" && /^[-+*/^<>=]/.test(name.text);
      const todo = continues
        ? "End the line before with the operator, or use parentheses."
        : "Write name = expression.";
      throw this.#wrong("the name of a field to assign to", todo);
    }
    this.#place++;
    if (!this.#is("=")) throw this.#wrong(`= behind ${quote(name.text)}`, "Write name = expression.");
    this.#place++;
    return { name: name.text, at: name.from, value: this.#comparison() };
  }

  #peek(): Token {
    return this.#tokens[this.#place]!;
  }

  /** True where the next token is this symbol. */
  #is(text: string): boolean {
    return this.#peek().kind === "symbol" && this.#peek().text === text;
  }

  /** Where the last token ended. */
  get #end(): number {
    return this.#tokens[this.#place - 1]!.to;
  }

  #wrong(expected: string, todo: string, token = this.#peek()) {
    const got = token.kind === "end" ? "the end" : token.kind === "line" ? "the end of the line" : quote(token.text);
    return wrongText(this.#source, token.from, expected, got, todo);
  }

  /** The error of a token behind an operand that is no operator. */
  #noOperator() {
    const { kind, text } = this.#peek();
    if (kind === "symbol" && (text === ")" || text === "]")) {
      return this.#wrong("no further parenthesis", "Remove it, or open one before.");
    }
    if (kind === "symbol" && text === "=") return this.#wrong("an operator", "Write == to compare.");
    if (kind === "symbol" && comparisons.has(text)) {
      return this.#wrong("one comparison", joinedText("and")!);
    }
    const before = this.#tokens[this.#place - 1]!;
    if (/^not$/i.test(before.text)) return this.#wrong("an operand", joinedText("not")!, before);
    const isOperand = kind === "number" || kind === "name" || text === "(" || text === "∇²";
    const todo = isOperand ? "Write * between factors." : "Remove it.";
    return this.#wrong("an operator", joinedText(text) ?? todo);
  }

  /** Parses what is nested. */
  #nested(parse: () => Tree): Tree {
    if (++this.#depth > deepest) {
      const todo = "Give parts of the expression names of their own.";
      throw wrongText(this.#source, this.#peek().from, `at most ${deepest} levels of nesting`, "more", todo);
    }
    const tree = parse();
    this.#depth--;
    return tree;
  }

  #comparison(): Tree {
    const left = this.#sum();
    const { kind, text, from: at } = this.#peek();
    if (kind !== "symbol" || !comparisons.has(text)) return left;
    this.#place++;
    const right = this.#sum();
    return { kind: "compare", operator: text as Comparison, at, left, right, from: left.from, to: right.to };
  }

  #sum(): Tree {
    return this.#chain(["+", "-"], () => this.#chain(["*", "/"], () => this.#signed()));
  }

  #chain(operators: readonly string[], operand: () => Tree): Tree {
    const first = operand();
    const links: Link[] = [];
    while (this.#peek().kind === "symbol" && operators.includes(this.#peek().text)) {
      const { text, from: at } = this.#peek();
      this.#place++;
      links.push({ operator: text as Link["operator"], at, operand: operand() });
    }
    if (links.length === 0) return first;
    return { kind: "chain", first, links, from: first.from, to: this.#end };
  }

  #signed(): Tree {
    // An expression may go on in the next line behind an operator.
    while (this.#peek().kind === "line") this.#place++;
    const { from } = this.#peek();
    if (this.#is("-")) {
      this.#place++;
      const operand = this.#nested(() => this.#signed());
      return { kind: "negate", operand, from, to: operand.to };
    }
    if (this.#is("+")) {
      this.#place++;
      return { ...this.#nested(() => this.#signed()), from };
    }
    return this.#power();
  }

  #power(): Tree {
    const isLaplace = this.#is("∇²");
    const base = this.#postfix();
    if (!this.#is("^")) return base;
    if (isLaplace) throw this.#wrong("no power behind ∇²", "Write laplace(c^2), or laplace(c)^2.");
    const at = this.#peek().from;
    this.#place++;
    const exponent = this.#nested(() => this.#signed());
    return { kind: "power", base, exponent, at, from: base.from, to: exponent.to };
  }

  #postfix(): Tree {
    let tree = this.#primary();
    // One index and one component at most mean something.
    for (let count = 0; this.#is("[") || this.#is("."); count++) {
      if (count === 2) throw this.#wrong("at most two indices", "Remove it.");
      tree = this.#is("[") ? this.#index(tree) : this.#member(tree);
    }
    return tree;
  }

  #index(of: Tree): Tree {
    const { args, named } = this.#arguments("]");
    if (named[0]) {
      throw wrongText(this.#source, named[0].at, "numbers as indices", quote(named[0].name), "Leave the name out.");
    }
    return { kind: "index", of, indices: args, from: of.from, to: this.#end };
  }

  #member(of: Tree): Tree {
    this.#place++;
    const { kind, text: name, from: at } = this.#peek();
    if (kind !== "name") throw this.#wrong("the name of an axis behind the point", "Write v.x, or v[0].");
    this.#place++;
    // Axes have names of one letter.
    const isCall = name.length > 1 && this.#is("(");
    if (isCall || /^pi$/i.test(name)) {
      const [what, plain] = isCall ? ["a function", `${name}(...)`] : ["pi", "pi"];
      const whole = quote(this.#source.text.slice(of.from, this.#end));
      throw wrongText(this.#source, of.from, `${what} by its name alone`, whole, `Write ${plain}.`);
    }
    return { kind: "member", of, name, at, from: of.from, to: this.#end };
  }

  #primary(): Tree {
    while (this.#peek().kind === "line") this.#place++;
    const token = this.#peek();
    const { kind, text, from, to } = token;
    if (kind === "number") {
      this.#place++;
      return { kind, value: Number(text), from, to };
    }
    if (kind === "name") {
      this.#place++;
      if (!this.#is("(")) return { kind, name: text, from, to };
      const { args, named } = this.#arguments(")");
      return { kind: "call", name: text, args, named, from, to: this.#end };
    }
    if (this.#is("∇²")) {
      this.#place++;
      const operand = this.#nested(() => this.#postfix());
      return { kind: "call", name: "laplace", args: [operand], named: [], from, to: operand.to };
    }
    if (this.#is("(")) {
      this.#place++;
      const tree = this.#nested(() => this.#comparison());
      if (!this.#is(")")) throw this.#unclosed(token, ")");
      this.#place++;
      return { ...tree, from, to: this.#end };
    }
    throw this.#wrong(
      "a number, a name or a parenthesis",
      kind === "symbol" ? "Remove it, or write an operand." : "Write an operand.",
    );
  }

  /** The arguments from a parenthesis or bracket to its end. */
  #arguments(close: ")" | "]"): { readonly args: readonly Tree[]; readonly named: Named } {
    const open = this.#peek();
    this.#place++;
    const args: Tree[] = [];
    const named: { name: string; value: Tree; at: number }[] = [];
    while (!this.#is(close)) {
      if (args.length + named.length > 0) {
        if (!this.#is(",")) throw this.#unclosed(open, close);
        this.#place++;
      }
      const { kind, text: name, from: at } = this.#peek();
      const after = this.#tokens[this.#place + 1];
      if (kind === "name" && after?.kind === "symbol" && after.text === "=") {
        this.#place += 2;
        named.push({ name, value: this.#nested(() => this.#comparison()), at });
      } else if (named.length > 0) {
        throw this.#wrong("an argument with a name", "Put arguments without names first.");
      } else args.push(this.#nested(() => this.#comparison()));
    }
    this.#place++;
    return { args, named };
  }

  /** The error of a parenthesis that is not closed where nothing else can stand. */
  #unclosed(open: Token, close: string) {
    const { kind } = this.#peek();
    if (kind === "end" || (kind === "symbol" && ")]".includes(this.#peek().text))) {
      const column = open.from - this.#source.text.lastIndexOf("\n", open.from - 1);
      return this.#wrong(`"${close}"`, `Close the "${open.text}" of column ${column}.`);
    }
    return this.#noOperator();
  }
}
