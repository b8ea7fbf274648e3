import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { arch, homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runGo, whyNoGo } from "./run-go.ts";
import { withLock } from "./with-lock.ts";

/** Where the module is whose tool dependencies are the programs, at pinned versions. */
const MODULE = fileURLToPath(new URL("../../test/cluster/", import.meta.url));
/** Between two words of progress on a program that is still being built. */
const PROGRESS_EVERY_MS = 30_000;
/** Between the name of the folder and a build's own ending, while it is not complete. */
const PART = ".part-";
/** The programs of a cluster: name of the file -> Go package, and how long it took on two cores with nothing cached. */
const packages = {
  etcd: { path: "go.etcd.io/etcd/server/v3", seconds: 50 },
  "kube-apiserver": { path: "k8s.io/kubernetes/cmd/kube-apiserver", seconds: 180 },
  "kube-controller-manager": { path: "k8s.io/kubernetes/cmd/kube-controller-manager", seconds: 55 },
  "kube-proxy": { path: "k8s.io/kubernetes/cmd/kube-proxy", seconds: 10 },
  kubectl: { path: "k8s.io/kubernetes/cmd/kubectl", seconds: 20 },
  kubelet: { path: "k8s.io/kubernetes/cmd/kubelet", seconds: 50 },
  "kube-scheduler": { path: "k8s.io/kubernetes/cmd/kube-scheduler", seconds: 10 },
} as const;

/** A program of the cluster, by the name of its file. */
export type ClusterProgram = keyof typeof packages;

/** What a control plane and its kube-proxies need. */
export const CLUSTER_PROGRAMS: readonly ClusterProgram[] = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-proxy",
  "kubectl",
];
/** What real nodes need beside them. */
export const NODE_PROGRAMS: readonly ClusterProgram[] = [...CLUSTER_PROGRAMS, "kubelet", "kube-scheduler"];

/** The version of Kubernetes that is built: `v1.36.3`. */
export function kubernetesVersion(): string {
  const version = /k8s\.io\/kubernetes (v\d+\.\d+\.\d+)/.exec(readFileSync(`${MODULE}go.mod`, "utf8"))?.[1];
  if (version === undefined) throw new Error(`${MODULE}go.mod requires no k8s.io/kubernetes`);
  return version;
}

/** The file of a program; throws if it has not been built. */
export function clusterProgram(name: ClusterProgram): string {
  const file = join(folder(), name);
  if (!existsSync(file)) throw new Error(`${name} is not built (${file}): run npm run cluster`);
  return file;
}

/**
 * Why no cluster can be had in this process, in words for a person; undefined if one can: the programs are built, and
 * we are inside the namespaces of lab/wrapper.js.
 */
export function whyNoCluster(programs = CLUSTER_PROGRAMS): string | undefined {
  if (process.env["HAWSER_RACK"] !== "1")
    return process.env["HAWSER_NO_RACK"] || "no rack: run it by npm run test:cluster";
  if (missing(programs).length === 0) return undefined;
  return (
    process.env["HAWSER_NO_CLUSTER"] || (whyNoBuild(programs) ?? "its programs are not built: run npm run cluster")
  );
}

/** Why the programs cannot be built here; undefined if they can, or are there already. */
export function whyNoBuild(programs = CLUSTER_PROGRAMS): string | undefined {
  return missing(programs).length === 0 ? undefined : whyNoGo("Kubernetes");
}

/**
 * Builds those of the programs that are not there, once for all trees of the same versions; who comes meanwhile waits.
 * `say` gets progress, a line at a time. Rejects with what `go build` said.
 */
export async function buildCluster(say: (line: string) => void, programs = CLUSTER_PROGRAMS): Promise<void> {
  if (missing(programs).length === 0) return;
  const reason = whyNoBuild(programs);
  if (reason !== undefined) throw new Error(`cannot build the cluster's programs: ${reason}`);
  mkdirSync(cache(), { recursive: true });
  await withLock(`${folder()}.lock`, say, async () => {
    const wanted = missing(programs);
    if (wanted.length === 0) return;
    await buildAll(wanted, say);
  });
}

function missing(programs: readonly ClusterProgram[]): readonly ClusterProgram[] {
  return programs.filter((name) => !existsSync(join(folder(), name)));
}

/** A program is moved into the folder when it is complete, so that what is there can be run. */
async function buildAll(programs: readonly ClusterProgram[], say: (line: string) => void): Promise<void> {
  const startMs = performance.now();
  const built = folder();
  const usual = Math.ceil(programs.reduce((sum, name) => sum + packages[name].seconds, 0) / 60);
  say(`programs of Kubernetes ${kubernetesVersion()} are built once, ${usual} min on two cores, into ${built}`);
  for (const left of leftovers(built)) rmSync(left, { recursive: true, force: true });
  mkdirSync(built, { recursive: true });
  const part = mkdtempSync(built + PART);
  for (const name of programs) {
    await buildOne(name, part, say);
    renameSync(join(part, name), join(built, name));
  }
  rmSync(part, { recursive: true });
  say(`all programs are built, in ${seconds(startMs)} s`);
}

/** What crashed builds left behind: who holds the lock is the only one who builds. */
function leftovers(built: string): readonly string[] {
  const begin = basename(built) + PART;
  return readdirSync(dirname(built)).flatMap((name) => (name.startsWith(begin) ? [join(dirname(built), name)] : []));
}

async function buildOne(name: ClusterProgram, into: string, say: (line: string) => void): Promise<void> {
  const startMs = performance.now();
  const { path, seconds: usual } = packages[name];
  say(`${name} is being built, about ${usual} s ...`);
  const timer = setInterval(() => say(`${name} is being built, for ${seconds(startMs)} s now ...`), PROGRESS_EVERY_MS);
  try {
    await runGo(MODULE, ["build", ...buildFlags(), "-o", join(into, name), path]);
  } finally {
    clearInterval(timer);
  }
  say(`${name} is built, in ${seconds(startMs)} s`);
}

/** Without gitVersion, gitMajor and gitMinor the API server calls itself v0.0.0, and clients behave oddly. */
function buildFlags(): string[] {
  const [major, minor] = kubernetesVersion().slice(1).split(".");
  const values = { gitVersion: kubernetesVersion(), gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  const defines = Object.entries(values).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  return ["-mod=readonly", "-trimpath", "-ldflags", ["-s", "-w", ...defines].join(" ")];
}

/** The folder of the built programs, named after all that they are made from. */
function folder(): string {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum"]) hash.update(readFileSync(MODULE + file));
  hash.update(buildFlags().join(" "));
  return join(cache(), `kubernetes-${kubernetesVersion()}-${arch()}-${hash.digest("hex").slice(0, 12)}`);
}

function cache(): string {
  return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "hawser/cluster");
}

function seconds(sinceMs: number): number {
  return Math.round((performance.now() - sinceMs) / 1_000);
}
