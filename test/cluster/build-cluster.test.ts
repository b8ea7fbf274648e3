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
import { delimiter, dirname, join } from "node:path";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";

const BUILD = import.meta.resolve("#lab/cluster/build-cluster.ts");
/** Says what it is asked to build and takes its time, as the real one: two at a time would be seen in the log. */
const SLOW_GO = `
if [ "$1" = env ]; then echo go1.26.8; exit; fi
for last; do :; done
echo "begin $last" >> "$GO_LOG"; sleep 0.05; echo "end $last" >> "$GO_LOG"
while [ "$1" != -o ]; do shift; done
mkdir -p "$(dirname "$2")"; echo "$last" > "$2"
`;
const FAILING_GO = `
if [ "$1" = env ]; then echo go1.26.8; exit; fi
echo "go: downloading k8s.io/api v0.36.3" >&2
echo "dial tcp: no route to host" >&2; exit 1
`;

let folder: string;
let log: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hawser-build-"));
  log = join(folder, "go.log");
  writeFileSync(log, "");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** An environment whose `go` is this shell script, with an empty cache. */
function withGo(script: string): NodeJS.ProcessEnv {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "go"), `#!/bin/sh\n${script}`);
  chmodSync(join(bin, "go"), 0o755);
  const path = [bin, process.env["PATH"]].join(delimiter);
  return { ...process.env, PATH: path, GO_LOG: log, XDG_CACHE_HOME: join(folder, "cache") };
}

function withoutGo(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: folder, XDG_CACHE_HOME: join(folder, "cache") };
}

function evaluate(program: string): string[] {
  return ["--input-type=module", "--eval", `import * as build from "${BUILD}";\n${program}`];
}

function run(program: string, env: NodeJS.ProcessEnv): string {
  const { stdout, stderr } = spawnSync(process.execPath, evaluate(program), { encoding: "utf8", env });
  return stdout + stderr;
}

const building = `
await build.buildCluster((line) => console.log(line));
console.log("file", build.clusterProgram("kube-apiserver"));
`;

describe("whyNoBuild()", () => {
  it.each([
    { name: "no Go", env: () => withoutGo(), says: /^there is no Go 1\.24 or newer/ },
    { name: "an old Go", env: () => withGo("echo go1.23.12"), says: /^go1\.23\.12 is too old: it needs Go 1\.24/ },
    { name: "the first Go that can", env: () => withGo("echo go1.24"), says: /^undefined$/ },
    { name: "the Go of a far day", env: () => withGo("echo go2.0.1"), says: /^undefined$/ },
  ])("judges $name", ({ env, says }) => {
    expect(run("console.log(build.whyNoBuild())", env()).trim()).toMatch(says);
  });
});

describe("whyNoCluster()", () => {
  it.each([
    {
      name: "what the start script found missing",
      env: { HAWSER_RACK: "", HAWSER_NO_RACK: "no user namespaces" },
      says: "no user",
    },
    { name: "the wrapper", env: { HAWSER_RACK: "", HAWSER_NO_RACK: "" }, says: "run it by npm run test:cluster" },
    { name: "why the build failed", env: { HAWSER_RACK: "1", HAWSER_NO_CLUSTER: "no network" }, says: "no network" },
    { name: "Go", env: { HAWSER_RACK: "1", HAWSER_NO_CLUSTER: "" }, says: "there is no Go 1.24" },
  ])("names $name", ({ env, says }) => {
    expect(run("console.log(build.whyNoCluster())", { ...withoutGo(), ...env })).toContain(says);
  });
});

describe("buildCluster()", () => {
  it("builds each program once, however many ask at the same time", async () => {
    const env = withGo(SLOW_GO);
    const children = [1, 2, 3].map(() => spawn(process.execPath, evaluate(building), { env, stdio: "ignore" }));
    const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0] as number));
    expect(codes).toEqual([0, 0, 0]);
    const packages = readFileSync(log, "utf8").trim().split("\n");
    expect(packages.filter((line) => line.startsWith("begin"))).toHaveLength(5);
    expect(packages.map((line) => line.split(" ")[0])).toEqual(
      Array.from({ length: 5 }, () => ["begin", "end"]).flat(),
    );
  });

  it("tells its progress, and does nothing the next time", () => {
    const env = withGo(SLOW_GO);
    const first = run(building, env);
    for (const name of ["etcd", "kube-apiserver", "kube-controller-manager", "kube-proxy", "kubectl"]) {
      expect(first).toContain(`${name} is built`);
    }
    expect(run(building, env)).toMatch(/^file .*kube-apiserver\n$/);
    const file = /^file (.*)$/m.exec(first)?.[1] ?? "";
    expect(readFileSync(file, "utf8").trim()).toBe("k8s.io/kubernetes/cmd/kube-apiserver");
    expect(dirname(file)).toMatch(/kubernetes-v1\.36\.3-(x64|arm64)-[0-9a-f]{12}$/);
  });

  it("rejects with what go said, and leaves nothing that looks built", () => {
    const program = `await build.buildCluster(() => {}).catch((error) => console.log(error.message));
      try { build.clusterProgram("etcd"); } catch (error) { console.log(error.message); }`;
    const said = run(program, withGo(FAILING_GO));
    expect(said).toMatch(
      /go build go\.etcd\.io\/etcd\/server\/v3 failed \(exit code 1\):\ndial tcp: no route to host\n/,
    );
    expect(said).toMatch(/etcd is not built .*: run npm run cluster/);
    expect(existsSync(join(folder, "cache/hawser/cluster"))).toBe(true);
  });

  it("releases its lock when it is killed: the next one builds", async () => {
    const env = withGo(SLOW_GO.replace("sleep 0.05", '[ -e "$GO_LOG.go" ] || { sleep 60; exit 1; }'));
    const stuck = spawn(process.execPath, evaluate(building), {
      env,
      stdio: "ignore",
      detached: true,
    });
    await until("its first program is being built", () => readFileSync(log, "utf8").startsWith("begin"));
    stuck.kill("SIGKILL");
    await once(stuck, "exit");
    writeFileSync(`${log}.go`, "");
    expect(run(building, env)).toMatch(/file .*kube-apiserver\n$/);
    process.kill(-(stuck.pid ?? 0), "SIGKILL"); // its Go, which still sleeps
    const built = readdirSync(join(folder, "cache/hawser/cluster")).filter((name) => !name.endsWith(".lock"));
    expect(built).toHaveLength(1);
  });
});
