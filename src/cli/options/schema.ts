/** The part of JSON Schema that describes what files of runs record, and the check of a value against it. */

/** What a JSON value is, in the words of JSON Schema 2020-12. */
export interface Schema {
  readonly $schema?: string;
  readonly title?: string;
  readonly type?: "object" | "array" | "string" | "number" | "integer" | "boolean";
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false | Schema;
  readonly anyOf?: readonly Schema[];
  readonly description?: string;
}

/** The first key of an object that does not fit, `has ...` or `lacks ...`; `undefined` where all do. */
export function breachOf(schema: Schema, value: Readonly<Record<string, unknown>>): string | undefined {
  const { properties = {}, required = [] } = schema;
  const lacking = required.find((key) => !Object.hasOwn(value, key));
  if (lacking !== undefined) return `lacks "${lacking}"`;
  for (const [key, entry] of Object.entries(value)) {
    if (!Object.hasOwn(properties, key)) return `has the unknown key "${key}"`;
    if (!fits(properties[key]!, entry)) return `has "${key}": ${JSON.stringify(entry)}`;
  }
  return undefined;
}

/** Whether a value is one of a schema, which names no properties. */
export function fits(schema: Schema, value: unknown): boolean {
  const { type, minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
  if (schema.const !== undefined) return value === schema.const;
  if (schema.anyOf) return schema.anyOf.some((form) => fits(form, value));
  if (schema.enum) return schema.enum.includes(value as string);
  switch (type) {
    case "array": {
      if (!Array.isArray(value) || value.length < minItems || value.length > maxItems) return false;
      return value.every((entry) => fits(schema.items ?? {}, entry));
    }
    case "object": {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
      const { additionalProperties: each = {} } = schema;
      return each !== false && Object.values(value).every((entry) => fits(each, entry));
    }
    case "integer":
      return Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum;
    case "number":
      return Number.isFinite(value) && (value as number) >= minimum;
    default:
      return type === undefined || typeof value === type;
  }
}
