/** Words of pictures that have units. Pure. */

/** Units between other text, unless there are none. */
export function unitsText(units: string | undefined, before: string, after = ""): string {
  return units === undefined || units === "1" ? "" : `${before}${units}${after}`;
}

/** `t = 12.5`, `t = 12.5 s` */
export function timeText(time: number, units?: string): string {
  return `t = ${Number(time.toPrecision(6))}${unitsText(units, " ")}`;
}

/** What stands at colours: `c`, `c [mol m-3]` */
export function labelOf(name: string, units: string | undefined): string {
  return `${name}${unitsText(units, " [", "]")}`;
}
