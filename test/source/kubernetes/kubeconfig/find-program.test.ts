import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findProgram } from "#src/source/kubernetes/kubeconfig/find-program.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "hawser-path-"));
  for (const folder of ["a", "b"]) {
    mkdirSync(join(root, folder));
    writeFileSync(join(root, folder, "login"), "#!/bin/sh\n");
  }
  chmodSync(join(root, "b/login"), 0o755);
  mkdirSync(join(root, "a/sh"));
});
afterAll(() => rmSync(root, { recursive: true }));

describe("findProgram()", () => {
  it.each([
    {
      what: "the first that can be run",
      name: "login",
      path: () => `${root}/a:${root}/b`,
      expected: (): string => `${root}/b/login`,
    },
    { what: "no folder of the name", name: "sh", path: () => `${root}/a`, expected: (): string => "sh" },
    { what: "a name that is nowhere as it is", name: "nowhere", path: () => root, expected: (): string => "nowhere" },
    { what: "without PATH nothing", name: "login", path: () => undefined, expected: (): string => "login" },
    {
      what: "a path relative to the kubeconfig",
      name: "./login",
      path: () => `${root}/b`,
      expected: (): string => "/home/me/login",
    },
    {
      what: "an absolute path as it is",
      name: "/bin/login",
      path: () => `${root}/b`,
      expected: (): string => "/bin/login",
    },
  ])("finds $what", ({ name, path, expected }) => {
    expect(findProgram(name, { directory: "/home/me", path: path() })).toBe(expected());
  });

  it("runs nothing from the present folder because of an entry of PATH", () => {
    const here = relative(process.cwd(), join(root, "b"));
    expect(() => findProgram("login", { directory: "/", path: `${root}/a:${here}` })).toThrow("present folder");
    expect(findProgram("login", { directory: "/", path: `${root}/b:${here}` })).toBe(join(root, "b/login"));
  });

  it.each(["", "."])("runs nothing from the present folder because of %j in PATH", (entry) => {
    const before = process.cwd();
    try {
      process.chdir(join(root, "b"));
      expect(() => findProgram("login", { directory: "/", path: `/nowhere:${entry}` })).toThrow("name it by its path");
    } finally {
      process.chdir(before);
    }
  });
});
