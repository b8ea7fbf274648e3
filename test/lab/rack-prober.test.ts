import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { between, gapAfter, lost, type ProbeRecord } from "#lab/probes/gap.ts";
import type { Pod } from "#lab/rack/pod.ts";
import { Prober } from "#lab/probes/prober.ts";
import { Rack } from "#lab/rack/rack.ts";
import type { ServiceForRules } from "#lab/rack/service-rules.ts";
import { until } from "#lab/rack/until.ts";

const vip = { ipv4: "192.0.2.200", ipv6: "2001:db8:0:1::200" };

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("the prober and the service rules", () => {
  let rack: Rack;
  let pods: Pod[];

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 3 });
    const ports = { httpPorts: [8080], tcpPorts: [7000], udpPorts: [7001] };
    pods = await Promise.all(
      [
        { name: "web-1", node: "n1" },
        { name: "web-2", node: "n2" },
      ].map((pod) => rack.startPod({ ...pod, ...ports })),
    );
    // Nobody announces here: the client is told by hand which node has the addresses.
    for (const [ip, mac] of [
      [vip.ipv4, rack.host("n1").mac],
      [vip.ipv6, rack.host("n1").mac],
    ] as const) {
      await rack.client.run(["ip", "neigh", "replace", ip, "lladdr", mac, "dev", "eth0", "nud", "permanent"]);
    }
  });
  afterAll(() => rack.close());

  function service(more: Partial<ServiceForRules> = {}): ServiceForRules {
    const targets = (port: number) =>
      pods.flatMap(({ addresses, node }) => addresses.map((address) => ({ address, port, node })));
    return {
      key: "default/web",
      addresses: [vip.ipv4, vip.ipv6],
      externalTrafficPolicy: "Cluster",
      ports: [
        { protocol: "TCP", port: 80, targets: targets(8080) },
        { protocol: "TCP", port: 7000, targets: targets(7000) },
        { protocol: "UDP", port: 7001, targets: targets(7001) },
      ],
      ...more,
    };
  }

  async function probe(options: { mode: "udp" | "tcp" | "http"; target: string; port: number }, good = 40) {
    const prober = await Prober.start(rack.client, { everyMs: 4, ...options });
    await prober.waitForGood(good);
    return prober.stop();
  }
  const count = (records: readonly ProbeRecord[], pod: string) => records.filter((it) => it.pod === pod).length;

  it.each([
    { family: "ipv4", target: vip.ipv4, sees: "192.0.2.11" },
    { family: "ipv6", target: vip.ipv6, sees: "2001:db8:0:1::11" },
  ])("Cluster over $family: connections alternate over the pods; the other node's pod sees the node", async (row) => {
    await rack.applyServiceRules([service()]);
    const records = await probe({ mode: "tcp", target: row.target, port: 7000 });
    expect(lost(records, 0n, 1n << 62n)).toBe(0);
    expect(count(records, "web-1")).toBeGreaterThan(records.length / 5);
    expect(count(records, "web-2")).toBeGreaterThan(records.length / 5);
    expect(new Set(records.filter(({ pod }) => pod === "web-2").map(({ seenFrom }) => seenFrom))).toEqual(
      new Set([row.sees]),
    );
  });

  it.each([
    { family: "ipv4", target: vip.ipv4, sees: "192.0.2.2" },
    { family: "ipv6", target: vip.ipv6, sees: "2001:db8:0:1::2" },
  ])("Local over $family: only this node's pod, which sees the client's own address", async ({ target, sees }) => {
    await rack.applyServiceRules([service({ externalTrafficPolicy: "Local" })]);
    const records = await probe({ mode: "tcp", target, port: 7000 }, 20);
    expect(new Set(records.map(({ pod, seenFrom }) => `${pod} ${seenFrom}`))).toEqual(new Set([`web-1 ${sees}`]));
  });

  it("Local drops on a node without endpoint", async () => {
    const onlyOnN2 = service({ externalTrafficPolicy: "Local" });
    const ports = onlyOnN2.ports.map((port) => ({
      ...port,
      targets: port.targets.filter(({ node }) => node === "n2"),
    }));
    await rack.applyServiceRules([{ ...onlyOnN2, ports }]);
    const prober = await Prober.start(rack.client, {
      mode: "tcp",
      target: vip.ipv4,
      port: 7000,
      everyMs: 20,
      timeoutMs: 200,
    });
    await until(
      "five probes failed",
      () => prober.records.filter(({ failure }) => failure?.startsWith("timeout") === true).length >= 5,
    );
    expect((await prober.stop()).filter(({ receivedNs }) => receivedNs !== undefined)).toEqual([]);
  });

  it("affinity: a client stays at the pod it got first", async () => {
    await rack.applyServiceRules([service({ affinitySeconds: 60 })]);
    const records = await probe({ mode: "tcp", target: vip.ipv4, port: 7000 });
    expect(new Set(records.map(({ pod }) => pod)).size).toBe(1);
  });

  it("serves HTTP, and an empty list of services ends it", async () => {
    await rack.applyServiceRules([service()]);
    const records = await probe({ mode: "http", target: vip.ipv4, port: 80 });
    expect(count(records, "web-1") + count(records, "web-2")).toBe(records.length);
    await rack.applyServiceRules([]);
    const prober = await Prober.start(rack.client, { mode: "http", target: vip.ipv4, port: 80, everyMs: 20 });
    await until("a probe failed", () => prober.records.some(({ failure }) => failure !== undefined));
    expect((await prober.stop()).filter(({ receivedNs }) => receivedNs !== undefined)).toEqual([]);
  });

  it("a page repeats what arrived", async () => {
    await rack.applyServiceRules([service()]);
    const url = `http://${pods[0]?.addresses[0]}:8080/some/path?q=1`;
    const fetching = `fetch(${JSON.stringify(url)}, { headers: { "x-forwarded-for": "192.0.2.9" } }).then(async (r) => console.log(r.status, await r.text()))`;
    const { stdout } = await rack.host("n1").run([process.execPath, "--eval", fetching]);
    expect(stdout).toContain("200 pod: web-1\n");
    expect(stdout).toContain("path: /some/path?q=1\n");
    expect(stdout).toContain("client: 192.0.2.11\n");
    expect(stdout).toContain("x-forwarded-for: 192.0.2.9\n");
  });

  it("counts exactly the probes that a cut has swallowed", async () => {
    await rack.applyServiceRules([service({ externalTrafficPolicy: "Local" })]);
    const prober = await Prober.start(rack.client, { mode: "udp", target: vip.ipv4, port: 7001, everyMs: 2 });
    await prober.waitForGood(50);
    const cut = await rack.cutSilent(rack.host("n1"));
    const swallowed = () => between(prober.records, cut.effectiveNs, 1n << 62n).length;
    await until("a hundred probes are swallowed", () => swallowed() >= 100);
    const healed = await rack.restore(rack.host("n1"));
    await prober.waitForGood(50);
    const records = await prober.stop();
    const during = between(records, cut.effectiveNs, healed.issuedNs).length;
    expect(during).toBeGreaterThanOrEqual(100);
    expect(lost(records, cut.effectiveNs, healed.issuedNs)).toBe(during);
    expect(lost(records, healed.effectiveNs, 1n << 62n)).toBe(0);
    // One that was under way while the cut was made may or may not have come through, however long its echo took: all
    // before the last that has come through before the cut did so, too.
    const through = records.filter(({ receivedNs }) => receivedNs !== undefined && receivedNs < cut.issuedNs);
    expect(through.length).toBeGreaterThanOrEqual(50);
    expect(lost(records, 0n, through.at(-1)?.sentNs ?? 0n)).toBe(0);
    const gapMs = gapAfter(records, cut.effectiveNs) ?? 0;
    expect(gapMs).toBeGreaterThanOrEqual(Number(healed.issuedNs - cut.effectiveNs) / 1e6);
    console.log(`cut to restored ${Number(healed.effectiveNs - cut.effectiveNs) / 1e6} ms, gap seen ${gapMs} ms`);
  });

  it("waitForGood() rejects when nothing answers", async () => {
    await rack.applyServiceRules([]);
    const prober = await Prober.start(rack.client, { mode: "udp", target: vip.ipv4, port: 7001, everyMs: 5 });
    await expect(prober.waitForGood(1, 200)).rejects.toThrow(/without success for: 1 good probes in a row/);
    expect(lost(await prober.stop(), 0n, 1n << 62n)).toBeGreaterThan(0);
  });
});
