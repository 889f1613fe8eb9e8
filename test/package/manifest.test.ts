/** What package.json promises, and what the README and other files say of it. */
import { copyFileSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../harness/command.js";
import { npm } from "../harness/npm.js";
import { root, runNode } from "../harness/process.js";

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly repository?: unknown;
  readonly homepage?: unknown;
  readonly bugs?: unknown;
}

const textOf = (file: string) => readFileSync(join(root, file), "utf8");
const manifestOf = (file: string) => JSON.parse(readFileSync(file, "utf8")) as Manifest;
const manifest = manifestOf(join(root, "package.json"));

/** Bytes of the files below a folder. */
function sizeOf(folder: string): number {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

describe("the package", () => {
  const folder = temporaryFolder();

  it("depends on one package, in any version that fits, and on two that are optional", () => {
    expect(Object.keys(manifest.dependencies)).toEqual(["koffi"]);
    expect(Object.keys(manifest.peerDependencies)).toEqual(["@napi-rs/canvas", "assemblyscript"]);
    const ranges = { ...manifest.dependencies, ...manifest.peerDependencies };
    expect(Object.values(ranges).filter((range) => !/^\^\d+\.\d+\.\d+$/.test(range))).toEqual([]);
    for (const [name, range] of Object.entries(manifest.peerDependencies)) {
      expect(manifest.peerDependenciesMeta[name]).toEqual({ optional: true });
      expect(range).toBe(`^${manifest.devDependencies[name]}`);
    }
  });

  it("takes the room that the README says, in so many packages", { timeout: 60_000 }, async () => {
    const { stdout, transcript } = await npm(["pack", "--dry-run", "--json", "--ignore-scripts"], root);
    const answer = JSON.parse(stdout) as object;
    const [packed] = Object.values(answer) as { unpackedSize: number; files: { path: string }[] }[];
    expect(
      packed!.files.filter(({ path }) => path.endsWith(".map")),
      transcript,
    ).toEqual([]);
    const modules = join(root, "node_modules");
    const folders = [...Object.keys(manifest.dependencies), "@koromix"].map((name) => join(modules, name));
    const bytes = folders.reduce((sum, folder) => sum + sizeOf(folder), packed!.unpackedSize);
    const said = /([\d.]+) MB in (\d+) packages/.exec(textOf("README.md"))!;
    // The binary of koffi is of another size on each system: that of the figure is Linux on x64.
    const isOfFigure = process.platform === "linux" && process.arch === "x64";
    expect(Math.abs(bytes / 1e6 - Number(said[1]))).toBeLessThan(isOfFigure ? 0.1 : 1);
    expect(isOfFigure ? bytes : 1e6 * Number(said[1])).toBeLessThan(14e6);
    // This one, its dependencies, and the binary.
    expect(Number(said[2])).toBe(Object.keys(manifest.dependencies).length + 2);
  });

  it("names no address of its own, but that of the repository that publishes it, in one form", async () => {
    const { repository, homepage, bugs } = manifest;
    expect([repository, homepage, bugs]).toEqual([undefined, undefined, undefined]);
    const file = join(folder, "package.json");
    copyFileSync(join(root, "package.json"), file);
    const script = [join(root, "scripts", "address.mjs"), file];
    const env = { GITHUB_SERVER_URL: "https://github.com", GITHUB_REPOSITORY: "owner/name" };
    expect((await runNode(script, { env })).code).toBe(0);
    const { repository: kept, homepage: home, bugs: issues, ...rest } = manifestOf(file);
    expect(kept).toEqual({ type: "git", url: "git+https://github.com/owner/name.git" });
    expect([home, issues]).toEqual([
      "https://github.com/owner/name#readme",
      { url: "https://github.com/owner/name/issues" },
    ]);
    expect(rest).toEqual(manifest);
    const wrong = await runNode(script, { env: { ...env, GITHUB_REPOSITORY: "" } });
    const text =
      'address: GITHUB_SERVER_URL and GITHUB_REPOSITORY expected https://HOST and OWNER/NAME, got "https://github.com" and "". Run it in a workflow.\n';
    expect([wrong.code, wrong.stderr]).toEqual([1, text]);
    expect(textOf(".github/workflows/release.yml")).toContain("node scripts/address.mjs");
  });

  it("is cited in the version that it has", () => {
    expect(/^version: (.+)$/m.exec(textOf("CITATION.cff"))![1]).toBe(manifest.version);
  });

  it("has its optional packages in the page that installs it", () => {
    const readme = textOf("README.md");
    for (const [name, range] of Object.entries(manifest.peerDependencies)) {
      const [series] = /(0\.\d+|[1-9]\d*)/.exec(range)!;
      expect(readme).toContain(`npm install ${name}@${series}`);
    }
  });
});
