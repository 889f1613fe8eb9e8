import { describe, expect, it } from "vitest";
import { type FunctionName, prototypes } from "../../../src/mpi/library/prototypes.js";
import { blank, i32, ok, raw, textAt } from "./world.js";

describe("the world of one rank", () => {
  it("has every function that is bound", () => {
    const missing = Object.keys(prototypes).filter((name) => raw[name as FunctionName].name === "unsupported");
    expect(missing).toEqual([]);
  });

  it("tells the version of the standard whose constants it has", () => {
    const [version, subversion] = [i32(0), i32(7)];
    ok(raw.MPI_Get_version(version.ptr, subversion.ptr));
    expect([version[0], subversion[0]]).toEqual([5, 0]);
  });

  it("gives codes that it does not know as numbers", () => {
    const string = blank(512);
    const length = i32(0);
    ok(raw.MPI_Error_string(60, string.ptr, length.ptr));
    expect([textAt(string), length[0]]).toEqual(["error 60", 8]);
  });
});
