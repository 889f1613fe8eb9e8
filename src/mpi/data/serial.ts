/** JavaScript values as bytes, in the format of `node:v8`. */
import { wrong } from "../../argument.js";
import { builtin } from "../../package.js";
import { largestInt } from "./buffer.js";

/**
 * The bytes of a value.
 * @throws UsageError for a part that has none, and for more than a message can have; names the call and the argument
 */
export function serialized(value: unknown, call: string, argument: string): Uint8Array {
  const bytes = bytesOf(value, call, argument);
  expectMessage(bytes.length, call, argument);
  return bytes;
}

/** @throws UsageError for a value of more bytes than a message can have */
export function expectMessage(byteLength: number, call: string, argument: string): void {
  if (byteLength <= largestInt) return;
  const todo = "Send what is long as typed arrays, with several calls.";
  throw wrong(`${call}: "${argument}"`, `at most ${largestInt} bytes when serialised`, byteLength, todo);
}

function bytesOf(value: unknown, call: string, argument: string): Uint8Array {
  try {
    return builtin("v8").serialize(value);
  } catch (error) {
    // V8 says which part it is: "() => 1 could not be cloned."
    const what = String((error as Error).message)
      .replace(/\s+/g, " ")
      .replace(/\.$/, "");
    const todo = "Leave out functions, symbols and handles.";
    throw wrong(`${call}: "${argument}"`, "what can be serialised", `a part that cannot: ${what}`, todo, error);
  }
}

/** The value of such bytes. @throws when they are none */
export function deserialized(bytes: Uint8Array): unknown {
  reader ??= makeReader();
  const values = new reader(bytes);
  values.readHeader();
  return values.readValue();
}

let reader: ReturnType<typeof makeReader> | undefined;

/** The class that gives each typed array a buffer of its own, where Node.js makes views of the message's. */
function makeReader() {
  return class extends builtin("v8").DefaultDeserializer {
    _readHostObject(): ArrayBufferView {
      // @ts-expect-error: it is documented, but not declared.
      const view = super._readHostObject() as ArrayBufferView;
      const start = view.byteOffset;
      const buffer = view.buffer.slice(start, start + view.byteLength) as ArrayBuffer;
      if (Buffer.isBuffer(view)) return Buffer.from(buffer);
      return new (view.constructor as Uint8ArrayConstructor)(buffer);
    }
  };
}
