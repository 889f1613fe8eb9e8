/** Set-up of the test files that start ranks: a line with the MPI libraries that they run on. */
import { spawnSync } from "node:child_process";
import { libraries, required } from "./launch.js";

/** `MPI: Open MPI 4.1.4 (/usr/bin/mpiexec.openmpi), MPICH not found`. */
export default function announce(): void {
  const parts = libraries.slice(1).map(({ title, launcher }) => {
    if (!launcher) return `${title} not found${required ? "" : " (its tests are left out)"}`;
    const said = spawnSync(launcher.path, ["--version"], { encoding: "utf8", timeout: 10_000 });
    const version = /\d+\.\d+(\.\d+)?/.exec(`${said.stdout}${said.stderr}`)?.[0] ?? "of unknown version";
    return `${title} ${version} (${launcher.path})`;
  });
  process.stdout.write(`MPI: ${parts.join(", ")}\n`);
}
