/**
 * What users have set for MPI libraries. These read their settings from the environment before they look into files, so that
 * a variable which this package sets would beat what a user's file says.
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The variables for which there are lines `NAME = VALUE` in a file; none where it cannot be read. */
function namesIn(path: string, prefix: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return []; // Few users have one.
  }
  return [...text.matchAll(/^[ \t]*([A-Za-z]\w*)[ \t]*=/gm)].map(([, name]) => prefix + name!);
}

/** The variables whose settings users have in files of theirs: Open MPI's parameters, and the variables of UCX. */
function namesInFiles(env: NodeJS.ProcessEnv): ReadonlySet<string> {
  const home = env.HOME ?? homedir();
  const { OMPI_MCA_mca_base_param_files: asked, UCX_CONFIG_DIR: folder } = env;
  const parameters = asked?.split(",") ?? [join(home, ".openmpi", "mca-params.conf")];
  const ucx = [home, ...(folder === undefined ? [] : [folder])].map((path) => join(path, "ucx.conf"));
  return new Set([
    ...parameters.flatMap((path) => namesIn(path, "OMPI_MCA_")),
    ...ucx.flatMap((path) => namesIn(path, "")),
  ]);
}

/** Sets variables that users have set neither in the environment nor in a file of their own. **Local.** */
export function setUnasked(env: NodeJS.ProcessEnv, settings: Readonly<Record<string, string>>): void {
  const inFiles = namesInFiles(env);
  for (const [name, value] of Object.entries(settings)) if (!inFiles.has(name)) env[name] ??= value;
}
