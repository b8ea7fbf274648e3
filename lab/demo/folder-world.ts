import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, parseAllDocuments } from "yaml";
import { FolderKubelet } from "#lab/folder/folder-kubelet.ts";
import { ingressCommand, RackInstallation, readyLine } from "#lab/hawser/installation.ts";
import type { Rack } from "#lab/rack/rack.ts";
import { ECHO_PROGRAM } from "./echo-program.ts";
import type { Teller } from "./teller.ts";
import type { Condition, DemoWorld } from "./world.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const HAWSER = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
/** Nodes that run pods: the first node only announces, so that its death shows only what moving an address costs. */
const POD_NODES = ["n2", "n3"];
/** The pod that answers the probes is on the third node: would that own the address, its death would take both. */
const NODE_LABELS = { n3: { "node.kubernetes.io/exclude-from-external-load-balancers": "" } };

/** Hawser on one folder of manifests, in which the lab plays the cluster. */
export async function openFolderWorld(rack: Rack, teller: Teller): Promise<DemoWorld> {
  const directory = mkdtempSync("/run/hawser-demo-");
  cpSync(join(HERE, "manifests"), directory, { recursive: true });
  teller.chapter("Hawser: a controller, a speaker on every node, two ingress proxies as pods");
  const ingress = { image: "hawser", command: ingressCommand(directory), ready: readyLine };
  const programs = [ingress, ECHO_PROGRAM];
  const options = { rack, folder: directory, nodes: POD_NODES, nodeLabels: NODE_LABELS, programs };
  // It has written the Nodes before the speakers start: they must not elect an owner before they know which node is excluded.
  const starting = FolderKubelet.start(options);
  const [kubelet, installation] = await Promise.all([
    starting,
    RackInstallation.start({ rack, directory, speakerOptions: ["--keep-connections=600"] }),
  ]);
  teller.found(`all run on one folder of manifests, ${directory}; ${kubelet.pods.length} pods serve`, {
    event: "started",
    programs: ["controller", "speaker", "ingress"],
    directory,
    pods: kubelet.pods.length,
  });
  const inside = (file: string): string => join(directory, basename(file));
  let applied: string[] = [];
  return {
    articleVersion: "extensions/v1beta1",
    async apply(file) {
      copyFileSync(join(HERE, file), inside(file));
      applied = [...applied, inside(file)];
      await kubelet.sync();
    },
    async removeService(key) {
      for (const file of applied) removeObject(file, key);
      await kubelet.sync();
    },
    assignedAddresses: async (key) => installation.assignedAddresses(key),
    conditions: async (key) => conditionsIn(join(directory, ".hawser/status/Service", `${key}.yaml`)),
    announcers: async (ip) => installation.announcers(ip),
    problemsOf: async (node) => installation.reports().get(node)?.problems ?? [],
    stopSpeaker: async (node) => void (await installation.speaker(node).stop()),
    restartSpeaker: async (node) => void (await installation.startSpeaker(node)),
    visit: {
      words: `The manifests are in ${directory}, a folder that only the rack sees: change them in such a shell, and see`,
      directory,
      page: { host: rack.router, options: ["--manifests", directory] },
      status: rack.enterCommand(rack.router, [process.execPath, HAWSER, "status", "--manifests", directory]),
    },
    close: async () => kubelet.stopFollowing(),
  };
}

/** Takes a Service out of a file; a file without objects goes. */
function removeObject(file: string, key: string): void {
  const documents = parseAllDocuments(readFileSync(file, "utf8"));
  const kept = documents.filter((document) => {
    const { kind, metadata } = document.toJS() as { kind: string; metadata: { namespace?: string; name: string } };
    return kind !== "Service" || `${metadata.namespace ?? "default"}/${metadata.name}` !== key;
  });
  if (kept.length === documents.length) return;
  if (kept.length === 0) rmSync(file);
  else writeFileSync(file, kept.map(String).join("---\n"));
}

function conditionsIn(file: string): readonly Condition[] {
  const object = parse(readFileSync(file, "utf8")) as { status?: { conditions?: readonly Condition[] } };
  return object.status?.conditions ?? [];
}
