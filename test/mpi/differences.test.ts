import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { abiOf } from "../../src/mpi/library/abi.js";
import { avoiding, type Difference, differences, differencesOf, differsOf } from "../../src/mpi/library/differences.js";
import { setUnasked } from "../../src/mpi/library/settings.js";
import { root } from "../harness/process.js";

const records = Object.entries(differences) as [string, Readonly<Record<string, Difference>>][];
const entries = records.flatMap(([library, record]) =>
  Object.entries(record).map(([name, difference]) => ({ library, name, ...difference })),
);

const folder = join(root, "src");
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => ({ file, text: readFileSync(join(folder, file), "utf8") }));

describe("the record of a library", () => {
  it("says of each difference what it is, why, and what is done about it", () => {
    for (const { library, name, kind, reason, instead } of entries) {
      const where = `${library} ${name}`;
      expect(["hangs", "crashes", "loses data", "wrong", "missing", "slow"], where).toContain(kind);
      // They follow a colon in a sentence.
      for (const text of [reason, instead]) expect(text, where).toMatch(/^\S.{10,}[^.]$/);
    }
  });

  it("names issues by their project and number", () => {
    const issues = entries.flatMap((entry) => entry.issues ?? []);
    expect(issues.toSorted()).toEqual([
      "open-mpi/ompi#10648",
      "openucx/ucx#8738",
      "pmodels/mpich#6083",
      "pmodels/mpich#6233",
      "pmodels/mpich#6596",
      "pmodels/mpich#7507",
    ]);
  });

  it("is that of the library, also where it is built for the ABI of the standard", () => {
    const known = (abi: Parameters<typeof abiOf>[0], version: string, path = "libmpi.so") =>
      differencesOf({ path, version, abi: abiOf(abi) });
    const { finalizeHangs: _, ...mpich } = differences.mpich;
    expect(known("openmpi", "Open MPI 4.1.4")).toEqual(differences.openmpi);
    expect(known("mpich", "MPICH 4.0.2")).toEqual(mpich);
    expect(known("mpich", "Intel(R) MPI 2021.9")).toEqual(mpich);
    expect(known("msmpi", "Microsoft MPI 10.1")).toEqual(differences.msmpi);
    expect(known("standard", "MPICH 4.3.0")).toEqual(mpich);
    expect(known("standard", "Open MPI 6.0.0")).toEqual(differences.openmpi);
    expect(known("standard", "another")).toEqual(differences.standard);
    expect(known("standard", "wasm-mpi", "solo")).toEqual(differences.solo);
  });

  it("leaves out what the build of a library has not, by what it says of itself", () => {
    const hangs = (version: string, device: string, words = "--with-pm=hydra") => {
      const text = `MPICH Version:\t${version}\nMPICH Device:\t${device}\nMPICH configure:\t${words}\n`;
      return differsOf({ path: "libmpich.so", version, text, abi: abiOf("mpich") }).finalizeHangs;
    };
    expect(hangs("4.0.2", "ch4:ucx")).toBe(true);
    expect(hangs("4.1", "ch4:ucx")).toBe(true);
    expect(hangs("4.2.0", "ch4:ucx")).toBe(false);
    expect(hangs("4.10.0", "ch4:ucx")).toBe(false);
    expect(hangs("4.0.2", "ch4:ofi")).toBe(false);
    expect(hangs("4.0.2", "ch4:ucx", "--with-pmi=pmi2")).toBe(false);
  });

  it("answers for every name that is known", () => {
    const names = [...new Set(entries.map(({ name }) => name))];
    const differs = differsOf({ path: "libmpi.so.40", version: "Open MPI 4.1.4", abi: abiOf("openmpi") });
    expect(Object.keys(differs).toSorted()).toEqual(names.toSorted());
    expect(differs).toMatchObject({ waitallHangs: true, preparedCollectivesWrong: false, noJob: false });
  });

  it("sets variables of the environment that nobody has set", () => {
    const home = mkdtempSync(join(tmpdir(), "wasm-mpi-home-"));
    const env: NodeJS.ProcessEnv = { HOME: home, UCX_LOG_FILE: "mine" };
    setUnasked(env, avoiding);
    expect(env).toEqual({
      HOME: home,
      OMPI_MCA_io: "^ompio",
      OMPI_MCA_osc: "^ucx",
      OMPI_MCA_btl_vader_eager_limit: "16384",
      OMPI_MCA_btl_vader_flags: "send,put,get,inplace",
      OMPI_MCA_btl_self_flags: "send,inplace",
      UCX_MEM_EVENTS: "no",
      UCX_DEBUG_SIGNO: "0",
      UCX_HANDLE_ERRORS: "none",
      UCX_LOG_FILE: "mine",
    });
    rmSync(home, { recursive: true });
  });

  it("leaves out of the environment what the user's own files set, which it would beat", () => {
    const home = mkdtempSync(join(tmpdir(), "wasm-mpi-home-"));
    const setOf = (more: NodeJS.ProcessEnv = {}) => {
      const env: NodeJS.ProcessEnv = { HOME: home, ...more };
      setUnasked(env, avoiding);
      return Object.keys(env);
    };
    mkdirSync(join(home, ".openmpi"));
    const lines = ["# osc = rdma", " io=ompio # as the administrator says", "btl_self_flags = send"];
    writeFileSync(join(home, ".openmpi", "mca-params.conf"), lines.join("\n"));
    writeFileSync(join(home, "ucx.conf"), "UCX_LOG_FILE=ucx.log\n");
    const left = [...Object.keys(avoiding), "HOME"].filter(
      (name) => !["OMPI_MCA_io", "OMPI_MCA_btl_self_flags", "UCX_LOG_FILE"].includes(name),
    );
    expect(setOf().toSorted()).toEqual(left.toSorted());
    // Files of another place take the place of that one.
    const path = join(home, "mine.conf");
    writeFileSync(path, "osc = rdma\n");
    const files = { OMPI_MCA_mca_base_param_files: `${path},${join(home, "none.conf")}` };
    expect(setOf(files)).toContain("OMPI_MCA_io");
    expect(setOf(files)).not.toContain("OMPI_MCA_osc");
    rmSync(home, { recursive: true });
  });
});

describe("the code", () => {
  it("asks for these differences, which are known", () => {
    const asked = new Set(
      sources.flatMap(({ text }) => [...text.matchAll(/\bdiffers\.(\w+)/g)].map(([, name]) => name!)),
    );
    const known = new Set(entries.map(({ name }) => name));
    expect([...asked].filter((name) => !known.has(name))).toEqual([]);
    expect([...asked].toSorted()).toEqual([
      "alltoallwInPlaceWrong",
      "exitCodesMix",
      "extremesMaybeSigned",
      "filesPolledAgain",
      "finalizeHangs",
      "idleRanksUncounted",
      "noJob",
      "nonblockingFileCollectivesCrash",
      "paddedTypesCrash",
      "pathsHavePrefix",
      "preparedCollectivesWrong",
      "reduceInPlaceCrashes",
      "shortSendsWait",
      "waitallHangs",
    ]);
  });

  it("decides nowhere else by the name or the version of a library", () => {
    const deciding = /abi\.name\s*[!=]==|version\.startsWith|library\.path\s*[!=]==/;
    const files = sources.filter(({ text }) => deciding.test(text)).map(({ file }) => file.replaceAll("\\", "/"));
    expect(files).toEqual(["mpi/library/differences.ts"]);
  });
});
