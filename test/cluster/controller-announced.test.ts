import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StatusView } from "#src/view/status-view.ts";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { until } from "#lab/rack/until.ts";
import { conditionOf } from "#src/model/service-status.ts";
import { runCli } from "#test/cli/run-cli.ts";
import { ControllerWorld, PATIENCE } from "./controller-world.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const nodes = ["n1", "n2"];

describe.skipIf(reason !== undefined)("the condition hawser.dev/Announced on a real API server", () => {
  let world: ControllerWorld;
  beforeAll(async () => {
    world = await ControllerWorld.start();
    for (const name of nodes) await world.post("/api/v1/nodes", { metadata: { name } });
    await setReady("True");
  });
  afterAll(async () => {
    await world.clear();
    await world.stop();
  });

  /** What the control plane says of all Nodes: `Unknown` some 40 s after they were heard last. */
  async function setReady(status: "True" | "Unknown"): Promise<void> {
    const contentType = "application/merge-patch+json";
    const body = { status: { conditions: [{ type: "Ready", status }] } };
    for (const name of nodes)
      await world.cluster.api.must({ method: "PATCH", path: `/api/v1/nodes/${name}/status`, contentType, body });
  }

  async function announced(): Promise<string> {
    const object = (await world.services()).get("web");
    return String(object === undefined ? undefined : conditionOf(object, "hawser.dev/Announced")?.["reason"]);
  }

  async function aliveSpeakers(): Promise<readonly string[]> {
    const { stdout } = await runCli(["status", "--json", "--kubeconfig", world.cluster.kubeconfigFile]);
    return (JSON.parse(stdout) as StatusView).speakers.flatMap(({ node, alive }) => (alive ? [node] : []));
  }

  it("turns False when all speakers died at once with their nodes, though their last reports stay", async () => {
    const speakers = world.source();
    await speakers.open(["Node"], { onChange: () => undefined, onProblems: () => undefined });
    const members = nodes.map((node) => ({ node, ready: true, leaving: false }));
    const said = { ready: true, standing: "Usable", members };
    for (const node of nodes) {
      const goesWith = { kind: "Node", namespace: "", name: node } as const;
      const announcing = node === "n1" ? ["192.0.0.0-7"] : [];
      await speakers.report(`speaker-${node}`, { node, announcing, ...said }, { goesWith });
    }
    await world.startReplica();
    await world.create(["web"]);
    await world.untilAnnounced(1);
    expect(await aliveSpeakers()).toEqual(nodes);
    await setReady("Unknown");
    await until("the condition says so", async () => (await announced()) === "NoSpeaker", PATIENCE);
    expect(await aliveSpeakers()).toEqual([]);
    await setReady("True");
    await world.untilAnnounced(1);
  }, 200_000);
});
