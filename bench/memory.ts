import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { buildCluster, kubernetesVersion, whyNoBuild } from "#lab/cluster/build-cluster.ts";
import type { Host } from "#lab/rack/host.ts";
import { readyLine } from "#lab/hawser/installation.ts";
import { Rack } from "#lab/rack/rack.ts";
import { benchOptions, printBenchReport, type Sample } from "./report.ts";
import { memoryMb } from "./scale/writes.ts";
import { NAMESPACE, prepareHawser } from "./scale/hawser.ts";
import { serviceObject, sliceObject } from "./scale/objects.ts";
import { ScaleWorld } from "./scale/world.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** Where a pod finds what it needs to reach the API; /var/run is this bench's own here. */
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const IMAGE = "HAWSER_BENCH_IMAGE";
/** After the start: what only the start needed is gone, and what runs all the time has run often. */
const SETTLED_MS = 30_000;
const READY_TIMEOUT_MS = 60_000;
const SERVICES = 2;

/** Builds the cluster's programs and the image's files, outside of the namespaces. Throws if there is no Kubernetes. */
export async function prepare(): Promise<Readonly<Record<string, string>>> {
  const reason = whyNoBuild();
  if (reason !== undefined) throw new Error(`no Kubernetes can be had here: ${reason}`);
  await buildCluster((line) => console.error(`memory: ${line}`));
  const image = mkdtempSync(join(tmpdir(), "hawser-image-"));
  execFileSync(process.execPath, [join(ROOT, "scripts/image.js"), "--root", image], { stdio: "ignore" });
  return { [IMAGE]: image };
}

/** The memory of each program as a pod of a quiet cluster: the image's files, a ServiceAccount, the settings of config/. */
export async function main(args: readonly string[]): Promise<number> {
  const options = benchOptions(args, { name: "memory", trials: 3, help: "Starts of each program" });
  if (options === undefined) return 0;
  const { [IMAGE]: image = "" } = process.env;
  try {
    await using rack = await Rack.build({ nodes: 1 });
    await using world = await ScaleWorld.start(rack, 1);
    const pods = await podsOf(world, image);
    const samples: Sample[] = [];
    for (let trial = 0; trial < options.trials; trial++) samples.push(...(await measure(pods)));
    printBenchReport({
      bench: "memory",
      options,
      samples,
      ratios: [],
      skipped: [],
      versions: { kubernetes: kubernetesVersion() },
    });
  } finally {
    rmSync(image, { recursive: true, force: true });
  }
  return 0;
}

interface Pod {
  readonly name: string;
  readonly host: Host;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Two Services and what the programs expect; then how each is started. */
async function podsOf(world: ScaleWorld, image: string): Promise<readonly Pod[]> {
  const speaker = await prepareHawser(world);
  const { api } = world.cluster;
  for (let number = 0; number < SERVICES; number++) {
    await api.must({ path: "/api/v1/namespaces/bench/services", body: serviceObject(`s${number}`, undefined) });
    const path = "/apis/discovery.k8s.io/v1/namespaces/bench/endpointslices";
    await api.must({ path, body: sliceObject(`s${number}-1`, `s${number}`) });
  }
  await world.kubeconfigOf(NAMESPACE, "hawser");
  mkdirSync(SERVICE_ACCOUNT, { recursive: true });
  writeFileSync(join(SERVICE_ACCOUNT, "token"), await world.cluster.serviceAccountToken(NAMESPACE, "hawser"));
  copyFileSync(world.cluster.caFile, join(SERVICE_ACCOUNT, "ca.crt"));
  const { hostname, port } = new URL(world.cluster.url);
  const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port, MALLOC_ARENA_MAX: "2" };
  // The same Node as in the image, from a file that was read and not written just now: of such a one the page cache has
  // larger pieces, and each process shows 30 MB more of it.
  const program = [process.execPath, join(image, "opt/hawser/cli/main.js")];
  return [
    { name: "controller", host: world.host, options: [] },
    { name: "ingress", host: world.host, options: ["--http-port", "18080", "--https-port", "18443"] },
    { name: "speaker", host: world.node, options: speaker },
  ].map(({ name, host, options }) => ({
    name,
    host,
    command: [...program, name, ...options],
    env: { ...env, ...settingsOf(name) },
  }));
}

/** The variables that the install manifests set to fixed values. */
function settingsOf(program: string): Readonly<Record<string, string>> {
  const text = readFileSync(join(ROOT, "config/deployment-loadbalancer.yaml"), "utf8");
  const documents = parseAllDocuments(text).map((document) => document.toJS() as Manifest | null);
  const containers = documents.flatMap((object) => object?.spec?.template?.spec?.containers ?? []);
  const env = containers.find(({ name }) => name === program)?.env ?? [];
  return Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
}

interface Manifest {
  readonly spec?: { readonly template?: { readonly spec?: { readonly containers?: readonly Container[] } } };
}

interface Container {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

/** All of them run at once, as on a node. */
async function measure(pods: readonly Pod[]): Promise<readonly Sample[]> {
  const running = await Promise.all(
    pods.map(async ({ name, host, command, env }) => {
      const process = await host.spawn({ name, command: ["env", ...assignments(env), ...command] });
      await process.waitForLine(readyLine, READY_TIMEOUT_MS);
      return { name, process };
    }),
  );
  await sleep(SETTLED_MS);
  const samples = running.flatMap(({ name, process }) => {
    const memory = memoryMb(process.pid);
    return (["rss", "private"] as const).map((what) => {
      return { case: `${what}-${name}`, system: "hawser", unit: "MB", value: memory[what] };
    });
  });
  await Promise.all(running.map(async ({ process }) => process.stop()));
  return samples;
}

function assignments(env: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}
