/** The arrays of a solve: unknowns at one time, and what steppers keep of stages and steps before. */
import type { AnyField } from "../../grid/field.js";
import type { Domain } from "./domain.js";

/** The slot of the unknowns at the present time. */
export const present = "u";

/** The slot that a stage stores into where it cannot store in place. */
export const next = "next";

interface FieldSet {
  readonly id: number;
  readonly fields: ReadonlyMap<string, AnyField>;
}

/** Named slots, each with a field for each array of the unknowns. */
export class State {
  /** The arrays of the unknowns: `c`, `psi_re`, `psi_im`. */
  readonly names: readonly string[];
  readonly #domain: Domain;
  readonly #slots = new Map<string, FieldSet>();

  constructor(domain: Domain, names: readonly string[]) {
    this.#domain = domain;
    this.names = names;
  }

  #set(slot: string): FieldSet {
    const known = this.#slots.get(slot);
    if (known) return known;
    const { grid, dtype } = this.#domain;
    const fields = new Map(this.names.map((name) => [name, grid.field(0, { dtype }) as AnyField]));
    const made = { id: this.#slots.size, fields };
    this.#slots.set(slot, made);
    return made;
  }

  /** The array of an unknown in a slot; slots are made when first asked for. */
  field(slot: string, name: string): AnyField {
    return this.#set(slot).fields.get(name)!;
  }

  /** Two slots exchange their arrays. */
  swap(a: string, b: string): void {
    const [first, second] = [this.#set(a), this.#set(b)];
    this.#slots.set(a, second);
    this.#slots.set(b, first);
  }

  /** Copies all arrays of a slot. **Local.** */
  copy(to: string, from: string): void {
    for (const name of this.names) {
      const source = this.field(from, name);
      const target = this.field(to, name);
      target.data.set(source.data as never);
    }
  }

  /** As {@link field}, of any name: that of an array which is none of the unknowns leads to nothing. */
  find(slot: string, name: string): AnyField | undefined {
    return this.names.includes(name) ? this.field(slot, name) : undefined;
  }

  /** Which arrays some slots are. */
  arrangement(slots: readonly string[]): readonly number[] {
    return slots.map((slot) => this.#set(slot).id);
  }

  /** Whether slots are the arrays of an arrangement. */
  isAt(slots: readonly string[], arrangement: readonly number[]): boolean {
    for (let i = 0; i < slots.length; i++) if (this.#slots.get(slots[i]!)?.id !== arrangement[i]) return false;
    return true;
  }

  /** Releases all slots but the one of the present, or all. **Local.** */
  free(keep: readonly string[] = []): void {
    for (const [slot, { fields }] of this.#slots) {
      if (keep.includes(slot)) continue;
      for (const field of fields.values()) field.free();
      this.#slots.delete(slot);
    }
  }
}

/** What is made for the arrays that some slots are, once for each arrangement that comes up: steps swap slots. */
export class Arranged<T extends { free(): void }> {
  readonly #state: State;
  readonly #slots: readonly string[];
  readonly #make: () => T;
  readonly #made: { readonly arrangement: readonly number[]; readonly value: T }[] = [];

  constructor(state: State, slots: readonly string[], make: () => T) {
    this.#state = state;
    this.#slots = slots;
    this.#make = make;
  }

  /** What is made for the arrays that the slots are now. Each step asks. */
  now(): T {
    for (const { arrangement, value } of this.#made) if (this.#state.isAt(this.#slots, arrangement)) return value;
    const made = { arrangement: this.#state.arrangement(this.#slots), value: this.#make() };
    this.#made.push(made);
    return made.value;
  }

  /** **Local.** */
  free(): void {
    for (const { value } of this.#made) value.free();
  }
}
