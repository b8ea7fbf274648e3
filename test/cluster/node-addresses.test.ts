import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { until } from "#lab/rack/until.ts";
import { SpeakerWorld } from "./speaker-world.ts";

const hasIptables = spawnSync("iptables", ["--version"]).error === undefined;
const reason = whyNoCluster() ?? (hasIptables ? undefined : "there is no iptables (apt-get install iptables)");
if (reason !== undefined) console.log(`skipped, node addresses in a status are not tried here: ${reason}`);

const VIP = "192.0.2.200";
/** Requests in a row that must all be answered by one machine. */
const REQUESTS = 50;

describe.skipIf(reason !== undefined)("statuses with the nodes' own addresses", { timeout: 240_000 }, () => {
  let world: SpeakerWorld;

  beforeAll(async () => {
    world = await SpeakerWorld.startWithKubeProxy();
    await world.addService("vip", VIP);
    // As k3s's servicelb leaves it when it is switched off.
    await world.addService(
      "web",
      world.rack.nodes.map(({ ipv4 }) => ipv4),
    );
    await world.startSpeakers(["n1", "n2"]);
  }, 240_000);
  afterAll(async () => world?.stop());

  it("L1 a node's own address in a status is never announced, and the node is reached when its speaker restarts", async () => {
    const { client } = world.rack;
    const n2 = world.rack.host("n2");
    await world.untilOneAnswers(VIP);
    await world.speakers.get("n2")?.kill();
    // n1 decides alone, for every address that n2 could have had: it has taken the one that is not a machine's.
    await world.untilAnswers(VIP, "n1");
    await world.untilAnswers(n2.ipv4, "n2", REQUESTS);
    const restarted = await world.spawnSpeaker("n2");
    await restarted.waitForLine(/"msg":"ready"/);
    await world.untilMembers(["n1", "n2"], 2);
    for (const node of ["n1", "n2"]) await world.untilAnswers(world.rack.host(node).ipv4, node, REQUESTS);
    await client.flushNeighbors();
    for (let time = 0; time < 20; time++) {
      const { stdout } = await client.run(["curl", "-s", "-m", "5", `http://${n2.ipv4}:9121/healthz`]);
      expect(stdout).toMatch(/ok/i);
    }
    expect((await client.neighbor(n2.ipv4))?.mac).toBe(n2.mac);
  });

  it("L1 each speaker says why, in its log, its metrics and its report", async () => {
    const metric = 'hawser_speaker_ineligible_addresses{reason="NodeAddress"}';
    for (const node of ["n1", "n2"]) {
      await until("the metric says so", async () => (await world.metric(node, metric)) === 2);
      await world.speakers.get(node)?.waitForLine(/"code":"SERVICE_ADDRESS_FORBIDDEN".*default\/web.*Node \\"n[12]\\"/);
      expect(await world.said(`speaker-${node}`, "report")).toMatchObject({ ineligible: { NodeAddress: 2 } });
    }
  });

  it("L1 an announced address is withdrawn at once when a node joins with it", async () => {
    const owner = await world.untilOneAnswers(VIP);
    await world.cluster.api.must({ path: "/api/v1/nodes", body: { metadata: { name: "n9" } } });
    await world.nodeStatus("n9", { addresses: [{ type: "InternalIP", address: VIP }] });
    await world.untilAnswers(VIP, undefined, REQUESTS);
    await world.speakers.get(owner)?.waitForLine(/"lost":\["192\.0\.2\.200"\].*announcements changed/);
    await world.cluster.api.must({ method: "DELETE", path: "/api/v1/nodes/n9" });
    await world.untilOneAnswers(VIP);
  });
});
