import { randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readyLine } from "#lab/hawser/installation.ts";
import type { RackProcess } from "#lab/rack/rack-process.ts";
import { version } from "#src/process/version.ts";
import { POOL } from "./objects.ts";
import { runBoth, type RunningScaleSystem, type ScaleSystem } from "./system.ts";
import type { ScaleWorld } from "./world.ts";

export const NAMESPACE = "hawser-system";
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** A start on a machine that does much else at the same time. */
const READY_TIMEOUT_MS = 120_000;

/** Hawser, from its sources or from another folder of the same layout (that of the image). */
export function hawser(programs = ROOT): ScaleSystem {
  return {
    name: "hawser",
    whyNot: () => undefined,
    version: () => version,
    start: (world) => startHawser(world, commandOf(programs)),
  };
}

/** What runs `hawser`: the folder's own Node, if it has one, and the sources as they are there. */
function commandOf(folder: string): readonly string[] {
  const [node = process.execPath] = ["bin/node", "node"].map((name) => join(folder, name)).filter(existsSync);
  const main = ["cli/main.ts", "cli/main.js"].map((name) => join(folder, name)).find(existsSync);
  if (main === undefined) throw new Error(`there is no cli/main.ts and no cli/main.js in ${folder}`);
  return [node, main];
}

/** Makes what Hawser needs of a cluster: its namespace and the pool. Returns the options of the speaker on the one node. */
export async function prepareHawser(world: ScaleWorld): Promise<readonly string[]> {
  await world.makeNamespace(NAMESPACE);
  const config = `address-pools:\n- { name: default, protocol: layer2, addresses: ["${POOL}"] }\n`;
  const body = { metadata: { name: "hawser" }, data: { config } };
  await world.cluster.api.must({ path: `/api/v1/namespaces/${NAMESPACE}/configmaps`, body });
  const keyFile = join(world.directory, "heartbeat-key");
  writeFileSync(keyFile, `${randomBytes(32).toString("base64")}\n`, { mode: 0o600 });
  // A named interface serves addresses of any network, as the pool's are of none of the node's.
  return ["--node", "n1", "--interfaces", "eth0", "--heartbeat-key-file", keyFile];
}

async function startHawser(world: ScaleWorld, command: readonly string[]): Promise<RunningScaleSystem> {
  const options = await prepareHawser(world);
  const [forController, forSpeaker] = [
    await world.kubeconfigOf(NAMESPACE, "hawser-controller"),
    await world.kubeconfigOf(NAMESPACE, "hawser-speaker"),
  ];
  const controller = async (): Promise<RackProcess> => {
    const running = await world.host.spawn({
      name: "controller",
      command: [...command, "controller", "--kubeconfig", forController],
    });
    await running.waitForLine(readyLine, READY_TIMEOUT_MS);
    return running;
  };
  const speaker = async (): Promise<RackProcess> => {
    const running = await world.node.spawn({
      name: "speaker",
      command: [...command, "speaker", "--kubeconfig", forSpeaker, ...options],
    });
    await running.waitForLine(readyLine, READY_TIMEOUT_MS);
    return running;
  };
  return runBoth({ controller, speaker });
}
