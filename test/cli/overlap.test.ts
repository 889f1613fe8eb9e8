/** Messages and kernels at the same time, in the runs of commands. */
import { expect, it } from "vitest";
import { documentOf } from "../harness/command.js";
import { wasmMpi } from "../harness/process.js";

const command = "advect gaussian --shape 24,16 --steps 2";

it.each([
  [command, "1 rank, 2 passes of MPDATA, overlap\n"],
  ["solve diffusion --shape 24,16 --until 0.2 --dt 0.1", "1 rank, euler, dt 0.1, overlap\n"],
])("an overlap is told, and changes no bit: %s", async (command, text) => {
  const told = async (words: string) =>
    documentOf<{ overlap: boolean; digest: string }>(await wasmMpi([...words.split(" "), "--json"]));
  const usual = await told(command);
  expect(usual.overlap).toBe(false);
  expect(await told(`${command} --overlap on`)).toMatchObject({ overlap: true, digest: usual.digest });
  expect((await told(`${command} --overlap off`)).overlap).toBe(false);
  const { stdout } = await wasmMpi(`${command} --overlap on`.split(" "));
  expect(stdout).toContain(text);
});

it("something else than an overlap is refused", async () => {
  const { stderr, code } = await wasmMpi(`${command} --overlap yes`.split(" "));
  expect(stderr).toBe(
    'wasm-mpi advect: "--overlap" expected one of on, off, auto, got "yes". For example --overlap on.\n',
  );
  expect(code).toBe(2);
});
