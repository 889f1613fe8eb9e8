/** Files that take a name where something else is. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkTarget, kind, takePlace, throughLinks } from "../src/path.js";
import { temporaryFolder } from "./harness/command.js";

const folder = temporaryFolder();

it.skipIf(process.platform === "win32")("a name is taken from a pipe without waiting for a writer", () => {
  const [part, pipe, opened] = ["part", "pipe", "opened"].map((name) => join(folder, name)) as [string, string, string];
  writeFileSync(part, "whole");
  spawnSync("mkfifo", [pipe]);
  // Who waits for a writer all the same is not to wait for ever.
  const writer = spawn("sh", ["-c", `sleep 10; touch "${opened}"; : > "${pipe}"`], { stdio: "ignore", detached: true });
  takePlace(part, pipe, false);
  process.kill(-writer.pid!, "SIGKILL");
  expect([existsSync(opened), readFileSync(pipe, "utf8")]).toEqual([false, "whole"]);
});

it("a name that is too long is nothing, and links in a circle are told as such", () => {
  const long = join(folder, "a".repeat(300));
  expect([kind(long), throughLinks(long), checkTarget(long, false)]).toEqual(["nothing", long, "nothing"]);
  const [first, second] = ["first", "second"].map((name) => join(folder, name)) as [string, string];
  symlinkSync(first, second);
  symlinkSync(second, first);
  expect(kind(first)).toBe("links in a circle");
});
