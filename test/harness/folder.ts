import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the tests keep compiled modules. */
export const testCache: string = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "out", "test-cache");
