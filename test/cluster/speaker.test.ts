import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { until } from "#lab/rack/until.ts";
import { type Asked, SpeakerWorld } from "./speaker-world.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers";
const vip = "192.0.2.211";
const nodes = ["n1", "n2"] as const;
const ready = { ready: true, serving: true, terminating: false };
const terminating = { ready: false, serving: true, terminating: true };

/** A frame that `hawser capture` shows. */
interface Seen {
  readonly node: string;
  readonly operation: string;
  readonly way: string;
}

interface KubeNode {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
}

function otherThan(node: string): string {
  return node === "n1" ? "n2" : "n1";
}

/** Nobody else answered, and this one did: most requests in time, where the machine is busy. */
function expectOnly(asked: readonly Asked[], mac: string): void {
  expect(asked.filter(({ macs }) => macs.some((one) => one !== mac))).toEqual([]);
  expect(asked.filter(({ macs }) => macs.length > 0).length).toBeGreaterThan(asked.length / 2);
}

describe.skipIf(reason !== undefined)("speakers on a real API server", { timeout: 240_000 }, () => {
  let world: SpeakerWorld;

  beforeAll(async () => {
    world = await SpeakerWorld.start();
    await world.addService("web", vip);
    await world.startSpeakers(nodes);
  }, 240_000);
  afterAll(async () => world?.stop());
  afterEach(async () => world.rack.heal());

  /** Runs `act` with a further Service; the address is asked for by its last number. */
  async function withService(last: number, spec: object, act: (ip: string, name: string) => Promise<void>) {
    const [ip, name] = [`192.0.2.${last}`, `s${last}`];
    await world.addService(name, ip, { ...spec });
    try {
      await act(ip, name);
    } finally {
      await world.removeService(name);
    }
  }

  it("publish a member record in a Lease each that goes with their Node, and report in another one", async () => {
    const owner = await world.untilOneAnswers(vip);
    const leases = await world.leases();
    expect([...leases.keys()].sort()).toEqual(["member-n1", "member-n2", "speaker-n1", "speaker-n2"]);
    for (const lease of leases.values()) expect(lease.metadata.ownerReferences).toMatchObject([{ kind: "Node" }]);
    const { ipv4, mac } = world.rack.host("n1");
    expect(await world.said("member-n1", "member")).toMatchObject({
      node: "n1",
      addresses: [ipv4],
      hasNode: true,
      interfaces: [{ name: "eth0", mac }],
    });
    await until("the owner reports it", async () => (await world.reported(owner)).has(vip));
    expect((await world.reported(otherThan(owner))).has(vip)).toBe(false);
  });

  it("count only those that run a speaker: the third node's is not there", async () => {
    for (const node of nodes) expect(await world.metric(node, "hawser_speaker_members")).toBe(2);
  });

  it("write nothing while nothing changes", async () => {
    const versions = async () => JSON.stringify([...(await world.leases()).values()]);
    await until("they are at rest", async () => {
      const before = await versions();
      await world.untilOneAnswers(vip, 100);
      return before === (await versions());
    });
  });

  it("13 J show a person what both see about an address of a Service, and nothing of it stays", async () => {
    const owner = await world.untilOneAnswers(vip);
    const { stop } = await world.ask(vip);
    const { code, stdout, stderr } = await world.hawserSays("capture", vip, "--for", "1s", "-o", "json");
    await stop();
    expect([code, stderr]).toEqual([0, `capture: ARP and NDP about ${vip} on 2 nodes for 1 s\n`]);
    const { frames } = JSON.parse(stdout) as { frames: readonly Seen[] };
    const seenBy = ({ operation, way }: Omit<Seen, "node">): ReadonlySet<string> =>
      new Set(frames.filter((one) => one.operation === operation && one.way === way).map(({ node }) => node));
    expect(seenBy({ operation: "question", way: "in" })).toEqual(new Set(nodes));
    expect(seenBy({ operation: "answer", way: "out" })).toEqual(new Set([owner]));
    for (const node of nodes) {
      const said = async () => world.said(`capture-${node}`, "capture");
      await until(`${node} has taken back what it saw`, async () => (await said())?.["asked"] === "", {
        lastSeen: said,
      });
      expect(await said()).toMatchObject({ frames: [], interfaces: [] });
      const { metadata } = await world.cluster.api.must<KubeNode>({ path: `/api/v1/nodes/${node}` });
      expect(metadata.annotations?.["hawser.dev/capture"]).toBe(undefined);
    }
    // And into a bundle for a report.
    const folder = mkdtempSync(join(tmpdir(), "hawser-bundle-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const archive = join(folder, "report.tar.gz");
    expect(await world.hawser("collect", "--capture", vip, "-o", archive)).toBe(0);
    const unpack = ["-xzOf", archive, "--wildcards", `*/outputs/capture/${vip}.json`];
    const bundled = JSON.parse(execFileSync("tar", unpack, { encoding: "utf8" })) as { readonly nodes: unknown };
    expect(bundled.nodes).toEqual(nodes);
    const other = await world.hawserSays("capture", "192.0.2.77", "--for", "1s");
    expect([other.code, other.stdout]).toEqual([1, ""]);
    expect(other.stderr).toContain("n1: no Service has this address, or it may not be announced");
  });

  describe("leave an address to others where", () => {
    it("the node is excluded by label, and say so", async () => {
      const owner = await world.untilOneAnswers(vip);
      await world.label(owner, { [EXCLUDE]: "" });
      await world.untilAnswers(vip, otherThan(owner));
      await world.speakers.get(owner)?.waitForLine(/"reason":"NodeExcluded".*remove the label/);
      const metric = 'hawser_speaker_ineligible_addresses{reason="NodeExcluded"}';
      await until("the metric says so", async () => ((await world.metric(owner, metric)) ?? 0) >= 1);
      const standing = async () => (await world.said(`speaker-${owner}`, "report"))?.["standing"];
      await until("the report says so", async () => (await standing()) === "NodeExcluded");
      await world.label(owner, { [EXCLUDE]: null });
      await until("it may announce again", async () => (await standing()) === "Usable");
      await world.untilAnswers(vip, otherThan(owner));
    });

    it("13 D the node is drained by hawser drain; not where it is only cordoned", async () => {
      const owner = await world.untilOneAnswers(vip);
      await world.cordon(owner, true);
      await world.untilAnswers(vip, owner, 50);
      expect(await world.hawser("drain", owner)).toBe(0);
      await world.untilAnswers(vip, otherThan(owner));
      await world.cordon(owner, false);
      expect(await world.hawser("drain", otherThan(owner), "--dry-run")).toBe(1);
      expect(await world.hawser("drain", owner, "--undo")).toBe(0);
      const standing = async () => (await world.said(`speaker-${owner}`, "report"))?.["standing"];
      await until("it may announce again", async () => (await standing()) === "Usable");
      await world.untilAnswers(vip, otherThan(owner), 50);
    });

    it("the node has no network", async () => {
      const owner = await world.untilOneAnswers(vip);
      await world.nodeConditions(owner, { NetworkUnavailable: "True" });
      await world.untilAnswers(vip, otherThan(owner));
      await world.nodeConditions(owner, {});
    });

    it("the node is not Ready and another one is; with none Ready nothing moves", async () => {
      const owner = await world.untilOneAnswers(vip);
      await world.nodeConditions(owner, { Ready: "Unknown" });
      await world.untilAnswers(vip, otherThan(owner));
      await world.nodeConditions(otherThan(owner), { Ready: "Unknown" });
      const standing = async () => (await world.said(`speaker-${otherThan(owner)}`, "report"))?.["standing"];
      await until("it knows", async () => (await standing()) === "NodeNotReady");
      await world.untilAnswers(vip, otherThan(owner), 50);
      for (const node of nodes) await world.nodeConditions(node, {});
    });

    it("no endpoint is local and the policy is Local", async () => {
      await withService(212, { externalTrafficPolicy: "Local" }, async (ip, name) => {
        await world.setEndpoints(name, { n2: ready });
        await world.untilAnswers(ip, "n2");
        await world.setEndpoints(name, { n1: ready });
        await world.untilAnswers(ip, "n1");
        await world.setEndpoints(name, { n1: terminating, n2: ready });
        await world.untilAnswers(ip, "n2");
        await world.setEndpoints(name, { n1: terminating });
        await world.untilAnswers(ip, "n1");
        await world.setEndpoints(name, { n1: { ready: false, serving: false, terminating: false }, n3: ready });
        await world.untilAnswers(ip, undefined);
      });
    });

    it("the pool does not select the node; a broken configuration leaves the last good one in force", async () => {
      const config = (zone: string) => `address-pools:
- name: edge
  protocol: layer2
  addresses: [192.0.2.213/32]
  node-selectors:
  - match-labels: { zone: ${zone} }
`;
      await world.label("n1", { zone: "a" });
      await world.label("n2", { zone: "b" });
      await world.configure(config("a"));
      await withService(213, {}, async (ip) => {
        await world.untilAnswers(ip, "n1");
        await world.configure(config("b"));
        await world.untilAnswers(ip, "n2");
        await world.configure("address-pools: [{}]");
        await world.speakers.get("n1")?.waitForLine(/"problem"/);
        await world.untilAnswers(ip, "n2", 50);
        await world.label("n1", { zone: "b" });
        await world.label("n2", { zone: "a" });
        await world.untilAnswers(ip, "n1");
      });
    });

    it("the Service is of another class", async () => {
      await withService(214, { loadBalancerClass: "example.com/other" }, async (ip) => {
        await withService(215, {}, async (later) => {
          await world.untilOneAnswers(later);
          await world.untilAnswers(ip, undefined, 20);
        });
      });
    });
  });

  it("with --ignore-exclude-lb they announce from excluded nodes, too", async () => {
    for (const node of nodes) await world.label(node, { [EXCLUDE]: "" });
    await world.untilAnswers(vip, undefined);
    for (const node of nodes) await world.speakers.get(node)?.stop();
    await world.startSpeakers(nodes, "--ignore-exclude-lb");
    await world.untilOneAnswers(vip);
    for (const node of nodes) await world.label(node, { [EXCLUDE]: null });
    for (const node of nodes) await world.speakers.get(node)?.stop();
    await world.startSpeakers(nodes);
  });

  it("go on without the API server, and one takes over when the other dies", async () => {
    const owner = await world.untilOneAnswers(vip);
    const { asked, stop } = await world.ask(vip);
    await world.cluster.kill("kube-apiserver");
    await until("100 requests were answered", () => asked.length >= 100);
    await stop();
    expectOnly(asked, world.rack.host(owner).mac);
    await world.speakers.get(owner)?.kill();
    await world.untilAnswers(vip, otherThan(owner));
    // Without the API server a speaker cannot know what to announce: it waits, and the other one goes on.
    const returned = await world.spawnSpeaker(owner);
    await returned.waitForLine(/speaker worker started/);
    await world.untilAnswers(vip, otherThan(owner), 100);
    await world.cluster.restart("kube-apiserver");
    await returned.waitForLine(/"msg":"ready"/);
    await world.untilMembers(nodes, 2);
    await world.untilAnswers(vip, otherThan(owner), 20);
  });

  it("of which two answer while parted, only one does after the first heartbeats that pass again", async () => {
    await world.untilOneAnswers(vip);
    const { asked, stop } = await world.ask(vip);
    await world.rack.partition([world.rack.host("n1")], [world.rack.host("n2")]);
    const isDouble = ({ macs }: { readonly macs: readonly string[] }): boolean => macs.length > 1;
    await until("both answer", () => asked.filter(isDouble).length >= 20);
    const { effectiveNs } = await world.rack.heal();
    const after = () => asked.filter(({ sentNs }) => sentNs > effectiveNs);
    await until(
      "100 requests after the last that two answered",
      () => after().length - 1 - after().findLastIndex(isDouble) >= 100,
    );
    await stop();
    // A request every 20 ms: fewer than 50 of them are less than a second.
    expect(after().filter(isDouble).length).toBeLessThan(50);
    expect(after().filter(({ macs }) => macs.length > 0).length).toBeGreaterThan(after().length / 2);
  });

  it("replace the heartbeat key without a restart, and without the address moving", async () => {
    const owner = await world.untilOneAnswers(vip);
    const { asked, stop } = await world.ask(vip);
    const first = (await world.said("member-n1", "member"))?.["keys"] as readonly string[];
    const keysOf = async (node: string) => (await world.said(`member-${node}`, "member"))?.["keys"];
    const both = "the first key of all speakers\nthe second key of all speakers\n";
    for (const text of [both, both.split("\n").reverse().join("\n"), "the second key of all speakers\n"]) {
      const before = JSON.stringify(await keysOf("n1"));
      writeFileSync(world.keyFile, text);
      for (const node of nodes)
        await until(`${node} has read the keys`, async () => JSON.stringify(await keysOf(node)) !== before);
    }
    await stop();
    expect(await keysOf("n1")).toEqual(await keysOf("n2"));
    expect(await keysOf("n1")).not.toEqual(first);
    expectOnly(asked, world.rack.host(owner).mac);
    await world.untilMembers(nodes, 2);
  });

  it("say which two have different keys", async () => {
    const file = join(world.directory, "other.key");
    writeFileSync(file, "a key that nobody else has\n");
    const stranger = await world.spawnSpeaker("n3", "--heartbeat-key-file", file);
    for (const node of ["n1", "n2", "n3"]) {
      const line = await world.speakers.get(node)?.waitForLine(/HEARTBEAT_KEY_DIFFERS/);
      expect(line).toMatch(node === "n3" ? /speakers n3 and n[12]/ : new RegExp(`speakers ${node} and n3`));
    }
    await stranger.stop();
    world.speakers.delete("n3");
    await until("it is struck off", async () => !(await world.leases()).has("member-n3"));
  });

  it("take nothing while they cannot publish their member records", async () => {
    const kubeconfig = join(world.directory, "reader.kubeconfig");
    const token = await world.cluster.serviceAccountToken("hawser-system", "reader");
    world.cluster.writeKubeconfig(kubeconfig, { token });
    const rules = [
      { apiGroups: ["", "discovery.k8s.io", "coordination.k8s.io"], resources: ["*"], verbs: ["get", "list", "watch"] },
    ];
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    await world.cluster.api.must({ path: `${rbac}/clusterroles`, body: { metadata: { name: "reader" }, rules } });
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "reader" };
    const subjects = [{ kind: "ServiceAccount", namespace: "hawser-system", name: "reader" }];
    await world.cluster.api.must({
      path: `${rbac}/clusterrolebindings`,
      body: { metadata: { name: "reader" }, roleRef, subjects },
    });
    for (const node of nodes) await world.speakers.get(node)?.stop();
    world.speakers.clear();
    const unable = await world.spawnSpeaker("n3", "--kubeconfig", kubeconfig);
    await unable.waitForLine(/REPORT_NOT_WRITTEN/);
    await world.untilAnswers(vip, undefined, 100);
    await unable.stop();
    world.speakers.clear();
    await world.startSpeakers(nodes);
    await world.untilOneAnswers(vip);
  });

  it("hear a member that the API has not told them of", async () => {
    // Everything but n1 is cut from the API server; n2 does not see that n1 publishes its member record again.
    const owner = "n2";
    await world.speakers.get("n1")?.stop();
    await world.untilAnswers(vip, owner);
    await world.rack.partition([world.rack.router], [world.rack.host(owner)]);
    const late = await world.spawnSpeaker("n1");
    await late.waitForLine(/"msg":"ready"/);
    await world.untilMembers(nodes, 2);
    await world.untilAnswers(vip, owner, 20);
  });
});
