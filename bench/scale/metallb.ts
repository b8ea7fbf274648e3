import { join } from "node:path";
import { install } from "#lab/cluster/definition.ts";
import { metallbFolder, metallbVersion, whyNoMetallb } from "#lab/metallb/build-metallb.ts";
import { metallbDefinitions } from "#lab/metallb/metallb-definitions.ts";
import type { RackProcess } from "#lab/rack/rack-process.ts";
import { POOL } from "./objects.ts";
import { runBoth, type RunningScaleSystem, type ScaleSystem } from "./system.ts";
import type { ScaleWorld } from "./world.ts";

const NAMESPACE = "metallb-system";
const GROUP = `/apis/metallb.io/v1beta1/namespaces/${NAMESPACE}`;
/** What each program says once its caches are filled and it works. */
const WORKS = /"msg":"Starting workers".*"controller":"service"|"controller":"service".*"Starting workers"/;
const READY_TIMEOUT_MS = 120_000;

/** MetalLB in layer-2 mode, as its manifests run it, without webhooks and without memberlist (there is one speaker). */
export const metallb: ScaleSystem = {
  name: "metallb",
  whyNot: whyNoMetallb,
  version: metallbVersion,
  start: startMetallb,
};

async function startMetallb(world: ScaleWorld): Promise<RunningScaleSystem> {
  await world.makeNamespace(NAMESPACE);
  await configure(world);
  const environment = {
    METALLB_NAMESPACE: NAMESPACE,
    METALLB_NODE_NAME: "n1",
    METALLB_POD_NAME: "speaker",
    METALLB_HOST: "127.0.0.1",
  };
  const [forController, forSpeaker] = [
    await world.kubeconfigOf(NAMESPACE, "controller"),
    await world.kubeconfigOf(NAMESPACE, "speaker"),
  ];
  const program = (name: string, options: readonly string[]): string[] => [join(metallbFolder(), name), ...options];
  const controller = async (): Promise<RackProcess> => {
    const running = await world.host.spawn({
      name: "metallb-controller",
      command: program("controller", ["--webhook-mode=disabled", "--port=7472"]),
      env: { ...environment, KUBECONFIG: forController },
    });
    await running.waitForLine(WORKS, READY_TIMEOUT_MS);
    return running;
  };
  const speaker = async (): Promise<RackProcess> => {
    const running = await world.node.spawn({
      name: "metallb-speaker",
      command: program("speaker", ["--port=7472"]),
      env: { ...environment, KUBECONFIG: forSpeaker },
    });
    await running.waitForLine(WORKS, READY_TIMEOUT_MS);
    return running;
  };
  return runBoth({ controller, speaker });
}

/** Its definitions, a pool announced by layer 2, and the object of the speaker's own pod, which it asks for. */
async function configure(world: ScaleWorld): Promise<void> {
  const { api } = world.cluster;
  for (const definition of metallbDefinitions()) await install(world.cluster, definition);
  const pool = {
    apiVersion: "metallb.io/v1beta1",
    kind: "IPAddressPool",
    metadata: { name: "default" },
    spec: { addresses: [POOL] },
  };
  await world.untilServed(`${GROUP}/ipaddresspools`);
  await world.untilServed(`${GROUP}/l2advertisements`);
  await api.must({ path: `${GROUP}/ipaddresspools`, body: pool });
  const advertisement = {
    apiVersion: "metallb.io/v1beta1",
    kind: "L2Advertisement",
    metadata: { name: "default" },
    // Without memberlist it elects among all nodes, also those that have no speaker.
    spec: { nodeSelectors: [{ matchLabels: { "kubernetes.io/hostname": "n1" } }] },
  };
  await api.must({ path: `${GROUP}/l2advertisements`, body: advertisement });
  const pod = {
    metadata: { name: "speaker" },
    spec: { nodeName: "n1", containers: [{ name: "speaker", image: "none" }] },
  };
  await api.must({ path: `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, body: { metadata: { name: "default" } } });
  await api.must({ path: `/api/v1/namespaces/${NAMESPACE}/pods`, body: pod });
}
