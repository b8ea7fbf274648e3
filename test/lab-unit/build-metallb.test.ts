import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const BUILD = import.meta.resolve("#lab/metallb/build-metallb.ts");
/** Knows where the sources are, and writes the name of the package into each program that it builds. */
const GO = `
if [ "$1" = env ]; then echo go1.26.8; exit; fi
echo "$@" >> "$GO_LOG"
if [ "$1" = mod ]; then echo "{ \\"Dir\\": \\"$SOURCES\\" }"; exit; fi
while [ "$1" != -o ]; do shift; done
into=$2; shift 2
for package; do echo "$package" > "$into/$(basename "$package")"; done
`;
const FAILING_GO = `
if [ "$1" = env ]; then echo go1.26.8; exit; fi
echo "dial tcp: no route to host" >&2; exit 1
`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hawser-metallb-"));
  for (const path of ["config/crd/bases", "config/manifests"])
    mkdirSync(join(folder, "sources", path), { recursive: true });
  writeFileSync(join(folder, "sources/config/crd/bases/pools.yaml"), "spec: {}\n");
  writeFileSync(join(folder, "sources/config/manifests/metallb-native.yaml"), "kind: Namespace\n");
  writeFileSync(join(folder, "go.log"), "");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs a program over the module with this shell script as `go`; undefined: without Go. */
function run(program: string, go?: string, more: NodeJS.ProcessEnv = {}): string {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  if (go !== undefined) writeFileSync(join(bin, "go"), `#!/bin/sh\n${go}`);
  if (go !== undefined) chmodSync(join(bin, "go"), 0o755);
  const path = go === undefined ? bin : [bin, process.env["PATH"]].join(delimiter);
  const paths = {
    XDG_CACHE_HOME: join(folder, "cache"),
    GO_LOG: join(folder, "go.log"),
    SOURCES: join(folder, "sources"),
  };
  const env = { ...process.env, HAWSER_NO_METALLB: "", ...paths, PATH: path, ...more };
  const text = `import * as build from "${BUILD}";\n${program}`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", text], {
    encoding: "utf8",
    env,
  });
  return stdout + stderr;
}

const BUILDING = `
await build.buildMetallb(console.log).catch((error) => console.log(error.message));
console.log(String(build.whyNoMetallb()));
console.log(build.metallbFolder());
`;

describe("buildMetallb()", () => {
  it("brings programs, definitions and the manifest, says so, and does nothing the next time", () => {
    expect(run(BUILDING, GO)).toMatch(
      /being built once, about 3 minutes .*\nMetalLB v\S+ is built, in \d+ s\nundefined\n/,
    );
    const built = run(BUILDING, GO).trim().split("\n").at(-1) ?? "";
    expect(readdirSync(built).sort()).toEqual([
      "controller",
      "crd",
      "crd-address-pool",
      "crd-newest",
      "metallb-native.yaml",
      "speaker",
    ]);
    expect(readFileSync(join(built, "speaker"), "utf8")).toBe("go.universe.tf/metallb/speaker\n");
    expect(readdirSync(join(built, "crd-newest"))).toEqual(["pools.yaml"]);
    expect(readFileSync(join(folder, "go.log"), "utf8").match(/^build/gm)).toHaveLength(1);
  });

  it.each([
    {
      name: "go fails",
      go: FAILING_GO,
      says: "go mod go.universe.tf/metallb failed (exit code 1):\ndial tcp: no route to host",
    },
    { name: "there is no Go", go: undefined, says: "there is no Go 1.24 or newer, which builds the real MetalLB" },
  ])("says why where $name, and leaves nothing that looks built", ({ go, says }) => {
    const said = run(BUILDING, go);
    expect(said).toContain(says);
    expect(said).toContain("MetalLB is not built: run npm run cluster -- --build --metallb");
    const cache = join(folder, "cache/hawser");
    const left = existsSync(cache) ? readdirSync(cache).filter((name) => !name.endsWith(".lock")) : [];
    expect(left).toEqual([]);
  });
});

describe("whyNoMetallb()", () => {
  it("repeats what the build before the tests said", () => {
    expect(run("console.log(build.whyNoMetallb())", GO, { HAWSER_NO_METALLB: "no network" }).trim()).toBe("no network");
  });
});
