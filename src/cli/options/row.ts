/** A row of the table of options. */
import type { MpdataOptions } from "../../advection/options.js";
import { type Kind, onOff } from "./kind.js";

/** An option of a command. */
export interface Row {
  /** Its name among the parsed options and in files: the flag in camel case. */
  readonly key: string;
  /** As Commander has it: `-n, --ranks <n>`. */
  readonly flag: string;
  readonly kind: Kind<unknown>;
  /** What a file may say of it, where that is more than a command line may: files of earlier versions do. */
  readonly filed?: Kind<unknown>;
  /** What the help says of it. */
  readonly about: string;
  /** A value, for error texts and the documentation. */
  readonly example?: string;
  /** What the documentation says besides. */
  readonly details?: string;
  readonly default?: unknown;
  /** The bits of a result depend on it, so that the file of a restart decides it. */
  readonly decides?: true;
  /** Files record it, though a restart may change it. */
  readonly recorded?: true;
  /** It belongs to the scheme: the option of `Mpdata` that it becomes. */
  readonly solver?: keyof MpdataOptions;
  /** It makes fields possible that take both signs. */
  readonly eitherSign?: true;
}

/** The option of every command that can print JSON. */
export const json = {
  key: "json",
  flag: "--json",
  kind: onOff,
  about: "print one JSON document",
  details: "on standard output, and nothing else there",
} as const satisfies Row;

/** `--ranks` of `-n, --ranks <n>`. */
export function longOf(flag: string): string {
  return /--[a-z-]+/.exec(flag)![0];
}

/** `probe-data` of the key `probeData`. */
export function hyphenated(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
