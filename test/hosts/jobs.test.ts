/** Jobs across hosts have the bits of one rank, in what they print and in their files. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { documentOf } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { Hosts, noHosts, titleOf } from "../harness/hosts.js";
import { launched } from "../harness/launch.js";
import { wasmMpi } from "../harness/process.js";

const timeout = 120_000;

/** What is run: MPDATA, with corners and a limiter, and equations with halos of their own. */
const runs = {
  advect: ["advect", "gaussian", "--shape", "61,47", "--steps", "20", "--iterations", "3", "--nonoscillatory"],
  solve: ["solve", "c = laplace(c^3 - c - laplace(c))", "--initial", "c = 0.1*noise()", "--periodic", "--shape", "48,40", "--dt", "0.01", "--until", "0.2"], // biome-ignore format: a row
};

interface Report {
  readonly ranks: number;
  readonly fields: Readonly<Record<string, { readonly digest: string }>>;
}

const digestsOf = ({ fields }: Report) => Object.entries(fields).map(([name, { digest }]) => [name, digest]);

const hasH5dump = spawnSync("h5dump", ["--version"]).status === 0;

describe.skipIf(noHosts !== undefined)(`several hosts${noHosts ? ` (${noHosts})` : ""}`, () => {
  let hosts: Hosts;
  beforeAll(async () => {
    hosts = await Hosts.start(isFull ? 3 : 2);
  });
  afterAll(() => hosts?.remove());

  /** What one rank says of a run. */
  const reference = async (name: keyof typeof runs, rest: readonly string[] = []) =>
    documentOf<Report>(await wasmMpi([...runs[name], "--json", ...rest], { timeoutMs: timeout }));

  const libraries = launched.map(({ title, launcher }) => ({ title, launcher }));
  // Of the last one, jobs begin and end sooner, and half of them did not end over TCP.
  for (const { launcher } of isFull ? libraries : libraries.slice(-1)) {
    for (const count of isFull ? [2, 3] : [2]) {
      describe(titleOf(launcher.family, count), () => {
        it.each(isFull ? [1, 2, 4] : [2])("has the bits of one rank, %i ranks a host", { timeout }, async (each) => {
          const list = hosts.names.slice(0, count).map((name) => `${name}:${each}`);
          for (const name of isFull ? (["advect", "solve"] as const) : (["advect"] as const)) {
            const args = [...runs[name], "--hosts", list.join(","), "--json"];
            const report = documentOf<Report>(await hosts.wasmMpi(launcher, args, { timeoutMs: timeout }));
            expect(report.ranks).toBe(count * each);
            expect(digestsOf(report)).toEqual(digestsOf(await reference(name)));
          }
        });

        it.skipIf(!isFull)(
          `writes the file of one rank${hasH5dump ? "" : " (not looked at with h5dump, which is missing)"}`,
          { timeout },
          async () => {
            for (const [name, variable] of [
              ["advect", "psi"],
              ["solve", "c"],
            ] as const) {
              // biome-ignore format: rows
              const [one, many] = [1, count].map((n) => join(hosts.folder, `${launcher.family}-${name}-${n}.h5`));
              await reference(name, ["--output", one!, "--overwrite"]);
              const file = join(hosts.folder, "hosts");
              const list = hosts.names.slice(0, count).map((host) => `${host} slots=2\n`);
              await hosts.run("h1", ["sh", "-c", `printf '${list.join("")}' > ${file}`]);
              const args = [...runs[name], "--hostfile", file, "--output", many!, "--json"];
              const report = documentOf<Report>(await hosts.wasmMpi(launcher, args, { timeoutMs: timeout }));
              expect(report.ranks).toBe(2 * count);
              const compared = await wasmMpi(["compare", one!, many!]);
              expect(compared.code, compared.transcript).toBe(0);
              if (!hasH5dump) continue;
              const dumps = [one!, many!].map((path) => {
                const { status, stdout, stderr } = spawnSync("h5dump", ["-d", variable, "-m", "%.17g", path], {
                  encoding: "utf8",
                });
                expect(status, stderr).toBe(0);
                return stdout.slice(stdout.indexOf("\n")); // The first line has the name of the file.
              });
              expect(dumps[1]).toContain("DATA {");
              expect(dumps[1]).toBe(dumps[0]);
            }
          },
        );
      });
    }
  }
});
