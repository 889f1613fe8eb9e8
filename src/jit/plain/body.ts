/**
 * One function of a module as statements of JavaScript. The instructions work on a stack. Here the stack holds expressions,
 * which grow until an instruction has an effect: then the expressions that remain on the stack are put into constants, in
 * their order, so that everything happens in the order of the instructions.
 */
import type { Body, Reader, Signature, ValueType } from "./module.js";
import { f32, f64, i32, i64, skipImmediates } from "./module.js";
import { accesses, atomicSignature, operators, vectorAccess, vectorImmediates, vectorSignature } from "./operators.js";

/** A statement, or a head with statements in braces behind it. */
export type Statement =
  | string
  | { readonly head: string; readonly body: readonly Statement[]; readonly otherwise?: readonly Statement[] };

/** What a function needs to know of its module. */
export interface Surroundings {
  readonly types: readonly Signature[];
  /** The text and the signature of each function. */
  readonly functions: readonly { readonly name: string; readonly signature: Signature }[];
  readonly globals: readonly string[];
  /** The identifier of a function of the runtime, by name; with values, of what a function of the runtime makes of them. */
  runtime(name: string, ...values: unknown[]): string;
  /** The text of a number that may be an address of static data: `at` is the place of the number in the module. */
  constant(value: number, at: number): string;
  /** A mark for the line of the source from which the instruction at a place was made. */
  mark(at: number): string;
}

interface Value {
  readonly text: string;
  /** Needs no parentheses. */
  readonly isAtom: boolean;
  /** Keeps its value, whatever happens before it is used. */
  readonly lasts: boolean;
  /** The text to be used as a condition, where that is simpler. */
  readonly test?: string;
}

interface Frame {
  readonly kind: "function" | "block" | "loop" | "if";
  readonly label: string;
  /** The variable of the result; "" for a block without a result. */
  readonly result: string;
  readonly height: number;
  readonly outer: Statement[];
  readonly condition: string;
  isUsed: boolean;
  first?: { readonly statements: Statement[]; readonly value: Value | undefined };
}

const zeros: Readonly<Record<ValueType, string>> = { [i32]: "0", [i64]: "0n", [f32]: "0", [f64]: "0" };

/** A number of a type as a literal. */
export function literal(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  const text = Object.is(value, -0) ? "-0" : String(value);
  return text.startsWith("-") ? `(${text})` : text;
}

export class FunctionBody {
  readonly #r: Reader;
  readonly #module: Surroundings;
  readonly #locals: readonly string[];
  readonly #stack: Value[] = [];
  readonly #frames: Frame[] = [];
  #statements: Statement[] = [];
  #count = 0;
  /** The number of open blocks up to whose end no instruction is ever reached. */
  #dead = 0;

  constructor(reader: Reader, module: Surroundings, locals: readonly string[]) {
    this.#r = reader;
    this.#module = module;
    this.#locals = locals;
  }

  /** The statements of a function. */
  statements(body: Body, signature: Signature): readonly Statement[] {
    const first = signature.parameters.length;
    const declared = body.locals.map((type, i) => `${this.#locals[first + i]} = ${zeros[type] ?? this.#zeroVector()}`);
    if (declared.length > 0) this.#statements.push(`let ${declared.join(", ")};`);
    this.#r.at = body.start;
    this.#enter("function", signature.results.length > 0 ? "result" : "");
    while (this.#frames.length > 0) this.#instruction();
    return this.#statements;
  }

  /** An expression that begins at a place of the module. */
  expression(start: number): string {
    this.#r.at = start;
    this.#enter("function", "");
    while (this.#r.bytes[this.#r.at] !== 0x0b) this.#instruction();
    return this.#stack.pop()!.text;
  }

  #zeroVector(): string {
    return this.#module.runtime("vector", ...new Array<number>(16).fill(0));
  }

  // Expressions.

  #push(text: string, isAtom: boolean, lasts = false): void {
    this.#stack.push({ text, isAtom, lasts });
  }

  #pop(): string {
    return this.#stack.pop()!.text;
  }

  #popAll(count: number): Value[] {
    return this.#stack.splice(this.#stack.length - count, count);
  }

  #condition(): string {
    const value = this.#stack.pop()!;
    return value.test ?? value.text;
  }

  /** Puts the expressions that remain on the stack into constants, since a statement is to follow. */
  #settle(): void {
    const { height } = this.#frames.at(-1)!;
    for (let i = height; i < this.#stack.length; i++) {
      const value = this.#stack[i]!;
      if (value.lasts) continue;
      const text = `t$${this.#count++}`; // No name of a source has a $ here.
      this.#statements.push(`const ${text} = ${value.text};`);
      this.#stack[i] = { text, isAtom: true, lasts: true };
    }
  }

  #emit(statement: Statement): void {
    this.#settle();
    this.#statements.push(statement);
  }

  // Blocks.

  #enter(kind: Frame["kind"], result: string, condition = ""): void {
    const label = `${kind}${this.#count++}`;
    const { length } = this.#stack;
    this.#frames.push({ kind, label, result, height: length, outer: this.#statements, condition, isUsed: false });
    if (kind !== "function") this.#statements = [];
  }

  #blockResult(): string {
    const type = this.#r.byte();
    if (type === 0x40) return "";
    if (type < 0x40) throw new RangeError("blocks of several results");
    return `r$${this.#count++}`;
  }

  #else(): void {
    const frame = this.#frames.at(-1)!;
    frame.first = this.#arm(frame);
    this.#statements = [];
    this.#dead = 0;
  }

  /** The statements and the value of a branch of an `if`, or of a block. */
  #arm(frame: Frame) {
    const value = frame.result && this.#dead === 0 ? this.#stack.pop() : undefined;
    this.#stack.length = frame.height;
    return { statements: this.#statements, value };
  }

  #end(): void {
    const frame = this.#frames.pop()!;
    const { kind, label, result, outer, condition, isUsed } = frame;
    if (kind === "function") {
      if (result && this.#dead === 0) this.#statements.push(`return ${this.#pop()};`);
      return;
    }
    const last = this.#arm(frame);
    this.#dead = 0;
    const assign = ({ statements, value }: typeof last): Statement[] =>
      value ? [...statements, `${result} = ${value.text};`] : statements;
    this.#statements = outer;
    if (kind === "if" && result && frame.first && !isUsed) {
      const [yes, no] = [frame.first, last];
      if (yes.value && no.value && yes.statements.length + no.statements.length === 0) {
        this.#choose(condition, yes.value, no.value);
        return;
      }
    }
    if (kind === "if") this.#settle();
    if (kind === "block" && last.value && !isUsed) {
      outer.push(...last.statements);
      this.#stack.push(last.value);
      return;
    }
    const body = assign(last);
    let made: Statement[];
    if (kind === "block") made = isUsed ? [{ head: `${label}:`, body }] : body;
    else if (kind === "loop") made = isUsed ? [loop(label, body)] : body;
    else {
      const head = `${isUsed ? `${label}: ` : ""}if (${condition})`;
      const { first } = frame;
      made = [first ? { head, body: assign(first), otherwise: body } : { head, body }];
    }
    if (result) outer.push(`let ${result};`);
    outer.push(...made);
    if (result) this.#push(result, true, true);
  }

  #choose(condition: string, yes: Value, no: Value): void {
    const [first, second] = [yes.test ?? yes.text, no.test ?? no.text];
    let test = `(${condition}) ? (${first}) : (${second})`;
    if (second === "0") test = `(${condition}) && (${first})`;
    else if (first === "1") test = `(${condition}) || (${second})`;
    const text = `(${condition}) ? ${inner(yes)} : ${inner(no)}`;
    this.#stack.push({ text, isAtom: false, lasts: false, test });
  }

  /** The statements that jump to the end of a block, or to the start of a loop. */
  #leave(depth: number, value: string | undefined): string[] {
    const frame = this.#frames.at(-1 - depth)!;
    if (frame.kind === "function") return [value === undefined ? "return;" : `return ${value};`];
    frame.isUsed = true;
    if (frame.kind === "loop") return [`continue ${frame.label};`];
    return [...(value === undefined ? [] : [`${frame.result} = ${value};`]), `break ${frame.label};`];
  }

  #hasResult(depth: number): boolean {
    const { kind, result } = this.#frames.at(-1 - depth)!;
    return result !== "" && kind !== "loop";
  }

  // Instructions.

  #instruction(): void {
    const r = this.#r;
    const at = r.at;
    const opcode = r.byte();
    if (this.#dead > 0) {
      this.#skip(opcode);
      return;
    }
    if (opcode < 0x20) this.#control(opcode, at);
    else if (opcode <= 0x24) this.#variable(opcode, at);
    else if (opcode >= 0x28 && opcode <= 0x3e) this.#access(opcode, at);
    else if (opcode >= 0x3f && opcode <= 0x44) this.#basic(opcode);
    else if (opcode === 0xfc) this.#prefixed(at);
    else if (opcode === 0xfd) this.#vector();
    else if (opcode === 0xfe) this.#atomic();
    else this.#operate(opcode, [opcode]);
  }

  #control(opcode: number, at: number): void {
    const r = this.#r;
    const mark = () => this.#module.mark(at);
    if (opcode === 0x00) {
      this.#emit(`${mark()}${this.#module.runtime("unreachable")}();`);
      this.#dead = 1;
    } else if (opcode === 0x02 || opcode === 0x03) {
      this.#settle();
      this.#enter(opcode === 0x02 ? "block" : "loop", this.#blockResult());
    } else if (opcode === 0x04) {
      const condition = `${mark()}${this.#condition()}`;
      const result = this.#blockResult();
      if (!result) this.#settle();
      this.#enter("if", result, condition);
    } else if (opcode === 0x05) this.#else();
    else if (opcode === 0x0b) this.#end();
    else if (opcode === 0x0c) {
      const depth = r.unsigned();
      // A jump to the end of a block, at its end, does nothing.
      if (depth === 0 && r.bytes[r.at] === 0x0b && this.#frames.at(-1)!.kind !== "loop") return;
      const value = this.#hasResult(depth) ? this.#pop() : undefined;
      for (const [i, statement] of this.#leave(depth, value).entries())
        this.#emit(i === 0 ? mark() + statement : statement);
      this.#dead = 1;
    } else if (opcode === 0x0d) {
      const depth = r.unsigned();
      const condition = `${mark()}${this.#condition()}`;
      this.#settle();
      const value = this.#hasResult(depth) ? this.#stack.at(-1)!.text : undefined;
      this.#emit({ head: `if (${condition})`, body: this.#leave(depth, value) });
    } else if (opcode === 0x0e) this.#table();
    else if (opcode === 0x0f) {
      const { result } = this.#frames[0]!;
      this.#emit(`${mark()}return${result ? ` ${this.#pop()}` : ""};`);
      this.#dead = 1;
    } else if (opcode === 0x10) {
      const { name, signature } = this.#module.functions[r.unsigned()]!;
      this.#call(name, signature, mark());
    } else if (opcode === 0x11) {
      const type = r.unsigned();
      r.unsigned();
      const indirect = this.#module.runtime("indirect");
      this.#call(`${indirect}(table, ${this.#pop()}, ${type})`, this.#module.types[type]!, mark());
    } else if (opcode === 0x1a) {
      const { text, lasts } = this.#stack.pop()!;
      if (!lasts) this.#emit(`${text};`);
    } else if (opcode === 0x1b || opcode === 0x1c) {
      if (opcode === 0x1c) r.list(() => r.byte());
      const condition = this.#pop();
      const [a, b] = this.#popAll(2);
      this.#push(`${this.#module.runtime("select")}(${a!.text}, ${b!.text}, ${condition})`, true);
    } else if (opcode !== 0x01) unknown(opcode);
  }

  #table(): void {
    const r = this.#r;
    const depths = [...r.list(() => r.unsigned()), r.unsigned()];
    const index = this.#pop();
    const value = this.#hasResult(depths.at(-1)!) ? this.#pop() : undefined;
    const body = depths.map((depth, i) => {
      const name = i === depths.length - 1 ? "default:" : `case ${i}:`;
      return `${name} ${this.#leave(depth, value).join(" ")}`;
    });
    this.#emit({ head: `switch (${index})`, body });
    this.#dead = 1;
  }

  #call(name: string, { parameters, results }: Signature, mark: string): void {
    const values = this.#popAll(parameters.length).map(({ text }) => text);
    const text = `${mark}${name}(${values.join(", ")})`;
    if (results.length > 0) this.#push(text, true);
    else this.#emit(`${text};`);
  }

  #variable(opcode: number, at: number): void {
    const index = this.#r.unsigned();
    const name = opcode < 0x23 ? this.#locals[index]! : this.#module.globals[index]!;
    const mark = this.#module.mark(at);
    if (opcode === 0x20 || opcode === 0x23) this.#push(name, true);
    else if (opcode === 0x22) this.#push(`${mark}${name} = ${this.#pop()}`, false);
    else this.#emit(`${mark}${name} = ${this.#pop()};`);
  }

  #access(opcode: number, at: number): void {
    const [name] = accesses[opcode - 0x28]!;
    const access = this.#module.runtime(name);
    this.#r.unsigned(); // The alignment is a hint.
    const offset = this.#offset();
    const mark = this.#module.mark(at);
    if (opcode < 0x36) this.#push(`${mark}${access}(${this.#pop()}${offset && `, ${offset}`})`, true);
    else {
      const [ptr, value] = this.#popAll(2);
      this.#emit(`${mark}${access}(${ptr!.text}, ${value!.text}${offset && `, ${offset}`});`);
    }
  }

  /** The constant that is added to an address; nothing for 0. */
  #offset(): string {
    const { at } = this.#r;
    const offset = this.#r.unsigned();
    return offset === 0 ? "" : this.#module.constant(offset, at);
  }

  #basic(opcode: number): void {
    const r = this.#r;
    const { at } = r;
    if (opcode === 0x3f) {
      r.byte();
      this.#push(`${this.#module.runtime("memory.size")}()`, true);
    } else if (opcode === 0x40) {
      r.byte();
      this.#push(`${this.#module.runtime("memory.grow")}(${this.#pop()})`, true);
    } else if (opcode === 0x41) {
      const value = Number(r.signed(32));
      const text = this.#module.constant(value, at);
      this.#push(text, true, true);
    } else if (opcode === 0x42) {
      const value = r.signed(64);
      this.#push(value < 0n ? `(${value}n)` : `${value}n`, true, true);
    } else this.#push(literal(opcode === 0x43 ? r.f32() : r.f64()), true, true);
  }

  #operate(opcode: number, bytes: readonly number[]): void {
    const operator = operators.get(opcode) ?? unknown(opcode);
    const { name, signature, text, isTest } = operator;
    const values = this.#popAll(signature.indexOf(":"));
    if (text === undefined) {
      const run = this.#module.runtime(name, bytes, signature);
      this.#push(`${run}(${values.map((value) => value.text).join(", ")})`, true);
      return;
    }
    if (opcode === 0x45 && values[0]!.test) {
      const test = `!(${values[0]!.test})`;
      this.#stack.push({ text: `+${test}`, isAtom: false, lasts: false, test });
      return;
    }
    if (text === "a") {
      this.#stack.push({ ...values[0]!, lasts: false });
      return;
    }
    const made = text.replace(/(^|[(,] ?)([ab])(?=$|[),])|\b[ab]\b/g, (all, before = "", argument?: string) =>
      argument ? before + values[argument === "a" ? 0 : 1]!.text : inner(values[all === "a" ? 0 : 1]!),
    );
    if (isTest) this.#stack.push({ text: `+(${made})`, isAtom: false, lasts: false, test: made });
    else this.#push(made, /^[\w.]+\([^()]*\)$/.test(text));
  }

  #prefixed(at: number): void {
    const r = this.#r;
    const opcode = r.unsigned();
    if (opcode < 8) {
      this.#operate(0xfc00 + opcode, [0xfc, opcode]);
      return;
    }
    const mark = this.#module.mark(at);
    if (opcode === 10 || opcode === 11) {
      r.take(opcode === 10 ? 2 : 1);
      const run = this.#module.runtime(opcode === 10 ? "memory.copy" : "memory.fill");
      this.#emit(
        `${mark}${run}(${this.#popAll(3)
          .map(({ text }) => text)
          .join(", ")});`,
      );
    } else if (opcode === 8) {
      const segment = r.unsigned();
      r.byte();
      const values = this.#popAll(3).map(({ text }) => text);
      this.#emit(`${this.#module.runtime("memory.init")}(data[${segment}], ${values.join(", ")});`);
    } else if (opcode === 9) r.unsigned();
    else unknown(0xfc00 + opcode);
  }

  #vector(): void {
    const r = this.#r;
    const start = r.at - 1;
    const opcode = r.unsigned();
    const prefix = [...r.bytes.subarray(start, r.at)];
    if (opcode === 0x0c) {
      this.#push(this.#module.runtime("vector", ...r.take(16)), true, true);
      return;
    }
    const byteLength = vectorAccess(opcode);
    if (byteLength !== undefined) {
      r.unsigned();
      const offset = this.#offset() || "0";
      const hasLane = opcode >= 0x54 && opcode <= 0x5b;
      const lane = hasLane ? [r.byte()] : [];
      const isStore = opcode === 0x0b || (opcode >= 0x58 && opcode <= 0x5b);
      const run = this.#module.runtime("vectorAccess", prefix, lane, byteLength, isStore);
      const values = this.#popAll(hasLane || isStore ? 2 : 1).map(({ text }) => text);
      const text = `${run}(${[...values, offset].join(", ")})`;
      if (isStore) this.#emit(`${text};`);
      else this.#push(text, true);
      return;
    }
    const signature = vectorSignature(opcode);
    const bytes = [...prefix, ...r.take(vectorImmediates(opcode))];
    const values = this.#popAll(signature.indexOf(":")).map(({ text }) => text);
    const run = this.#module.runtime(`vector_${opcode.toString(16)}`, bytes, signature);
    this.#push(`${run}(${values.join(", ")})`, true);
  }

  #atomic(): void {
    const r = this.#r;
    const opcode = r.unsigned();
    const signature = atomicSignature(opcode);
    const alignment = r.byte();
    // The address is computed outside of the instruction, since the offset may be an address of static data.
    const offset = opcode === 3 ? "" : this.#offset();
    const bytes = [0xfe, opcode, ...(opcode === 3 ? [0] : [alignment, 0])];
    const run = this.#module.runtime(`atomic_${opcode.toString(16)}`, bytes, signature);
    const values = this.#popAll(signature.indexOf(":")).map(inner);
    if (offset) values[0] = `${this.#module.runtime("address")}(${values[0]}, ${offset})`;
    const text = `${run}(${values.join(", ")})`;
    if (signature.endsWith(":")) this.#emit(`${text};`);
    else this.#push(text, true);
  }

  /** Skips an instruction that is never reached. */
  #skip(opcode: number): void {
    if (opcode === 0x02 || opcode === 0x03 || opcode === 0x04) {
      this.#r.byte();
      this.#dead++;
    } else if (opcode === 0x05 && this.#dead === 1) this.#else();
    else if (opcode === 0x0b && this.#dead === 1) this.#end();
    else if (opcode === 0x0b) this.#dead--;
    else skipImmediates(this.#r, opcode);
  }
}

/** An expression as an operand. */
function inner({ text, isAtom }: Value): string {
  return isAtom ? text : `(${text})`;
}

/** A loop; as `while` where its condition stands at its start. */
function loop(label: string, body: readonly Statement[]): Statement {
  const [first] = body;
  const again = `continue ${label};`;
  if (body.length === 1 && typeof first === "object" && first.head.startsWith("if (") && !first.otherwise) {
    if (first.body.at(-1) === again)
      return { head: `${label}: while ${first.head.slice(3)}`, body: first.body.slice(0, -1) };
  }
  const isLeft = body.at(-1) === again;
  return { head: `${label}: for (;;)`, body: isLeft ? body.slice(0, -1) : [...body, `break ${label};`] };
}

function unknown(opcode: number): never {
  throw new RangeError(`opcode 0x${opcode.toString(16)}`);
}
