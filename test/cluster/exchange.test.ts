import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { ClusterWatch } from "#lab/cluster/cluster-watch.ts";
import { refusals } from "#lab/install/audit.ts";
import { between, type ProbeRecord } from "#lab/probes/gap.ts";
import { Prober } from "#lab/probes/prober.ts";
import { until } from "#lab/rack/until.ts";
import { SpeakerWorld } from "./speaker-world.ts";

const hasIptables = spawnSync("iptables", ["--version"]).error === undefined;
const reason = whyNoCluster() ?? (hasIptables ? undefined : "there is no iptables (apt-get install iptables)");
if (reason !== undefined) console.log(`skipped, the exchange of an address is not tried here: ${reason}`);

const CORE = "/api/v1/namespaces/default";
const ASK_EVERY_MS = 10;
/** A SYN that was lost is sent again after one second and three: on a busy machine an answer is late, and not lost. */
const ANSWER_TIMEOUT_MS = 3_500;
const GOOD_IN_A_ROW = 50;
const PATIENCE_MS = 120_000;
const CONFIG = `address-pools:
- { name: edge, protocol: layer2, addresses: [192.0.2.200-192.0.2.215] }
- { name: other, protocol: layer2, auto-assign: false, addresses: [192.0.2.216-192.0.2.219] }
`;

interface WatchedService {
  readonly metadata: {
    readonly name: string;
    readonly uid?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip: string }[] } };
}

describe.skipIf(reason !== undefined)("an address that is exchanged", { timeout: 300_000 }, () => {
  let world: SpeakerWorld;
  let services: ClusterWatch<WatchedService>;
  /** Of each Service, what its status and the annotation said, one after the other. */
  const seen = new Map<string, string[]>();

  beforeAll(async () => {
    world = await SpeakerWorld.startWithKubeProxy();
    await world.grantRights();
    await world.configure(CONFIG);
    await Promise.all([world.startController(), world.startSpeakers(["n1", "n2"])]);
    const containers = [{ name: "main", image: "web", ports: [{ containerPort: 8080 }] }];
    const template = { metadata: { labels: { app: "web" } }, spec: { containers } };
    const spec = { replicas: 2, selector: { matchLabels: { app: "web" } }, template };
    const path = "/apis/apps/v1/namespaces/default/deployments";
    await world.cluster.api.must({ path, body: { metadata: { name: "web" }, spec } });
    await until("both pods are ready", async () => {
      const { status } = await world.cluster.api.must<{ status?: { readyReplicas?: number } }>({ path: `${path}/web` });
      return status?.readyReplicas === 2;
    });
    services = new ClusterWatch(world.cluster.api, `${CORE}/services`, () => note());
    await services.listed;
  }, 300_000);
  afterAll(async () => {
    await services?.close();
    await world?.stop();
  });

  function note(): void {
    for (const { metadata, status } of services.objects.values()) {
      const ips = (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip).join();
      const leaving = metadata.annotations?.["hawser.dev/leaving-addresses"] ?? "";
      const line = leaving === "" ? ips : `${ips} without ${leaving}`;
      const lines = seen.get(metadata.name) ?? [];
      seen.set(metadata.name, lines);
      if (lines.at(-1) !== line) lines.push(line);
    }
  }

  async function createService(name: string, annotations: object, extra: object): Promise<void> {
    const ports = [{ port: 80, targetPort: 8080 }];
    const spec = { type: "LoadBalancer", selector: { app: "web" }, ports, ...extra };
    await world.cluster.api.must({ path: `${CORE}/services`, body: { metadata: { name, annotations }, spec } });
  }

  const untilShows = async (name: string, wanted: (line: string) => boolean): Promise<string> =>
    until(
      `the status of Service ${name}`,
      () => {
        const line = seen.get(name)?.at(-1) ?? "";
        return wanted(line) && line;
      },
      { timeoutMs: PATIENCE_MS, lastSeen: () => seen.get(name) },
    );

  const probe = async (target: string, host = world.rack.client): Promise<Prober> =>
    Prober.start(host, {
      mode: "http",
      target,
      port: 80,
      everyMs: ASK_EVERY_MS,
      timeoutMs: ANSWER_TIMEOUT_MS,
    });

  it.each([
    {
      what: "for another one of its pool",
      name: "address",
      from: { "hawser.dev/load-balancer-ips": "192.0.2.201" },
      to: { "hawser.dev/load-balancer-ips": "192.0.2.202" },
      ips: ["192.0.2.201", "192.0.2.202"],
      extra: {},
    },
    {
      what: "for one of another pool",
      name: "pool",
      from: {},
      to: { "hawser.dev/address-pool": "other" },
      ips: ["192.0.2.200", "192.0.2.216"],
      extra: {},
    },
    {
      what: "of a Service whose traffic stays on the node that takes it",
      name: "local",
      from: { "hawser.dev/load-balancer-ips": "192.0.2.203" },
      to: { "hawser.dev/load-balancer-ips": "192.0.2.204" },
      ips: ["192.0.2.203", "192.0.2.204"],
      extra: { externalTrafficPolicy: "Local" },
    },
  ])("$what answers until the new one does, and then no longer", async ({ name, from, to, ips, extra }) => {
    const [a = "", b = ""] = ips;
    await createService(name, from, extra);
    await untilShows(name, (line) => line === a);
    const old = await probe(a);
    await old.waitForGood(GOOD_IN_A_ROW, PATIENCE_MS);
    const fresh = await probe(b);
    const fromNs = process.hrtime.bigint();
    await world.patch(`${CORE}/services/${name}`, { metadata: { annotations: { ...withoutAll(from), ...to } } });
    await fresh.waitForGood(GOOD_IN_A_ROW, PATIENCE_MS);
    const steady = await probe(b, world.rack.router);
    await untilShows(name, (line) => line === b);
    await world.untilAnswers(a, undefined);
    await steady.waitForGood(GOOD_IN_A_ROW, PATIENCE_MS);
    await until("the old one answers no longer", () => isSilent(old.records), { timeoutMs: PATIENCE_MS });
    const [ofOld, ofFresh, ofSteady] = [await old.stop(), await fresh.stop(), await steady.stop()];

    // The old one answered until the new one did. What is asked before kube-proxy knows the new one is forwarded as it is, and
    // connection tracking does the same with a later connection from that port: so another host asks from then on.
    const firstNs = ofFresh
      .flatMap(({ receivedNs }) => receivedNs ?? [])
      .reduce((one, other) => (one < other ? one : other));
    expect(ofSteady.filter((one) => !isGood(one))).toEqual([]);
    expect(between(ofOld, fromNs, firstNs).filter((one) => !isGood(one))).toEqual([]);
    expect(seen.get(name)?.slice(-3)).toEqual([a, `${b},${a} without ${a}`, b]);
  });

  it("needs no right that config/ does not give", () => {
    expect(refusals(world.audit())).toEqual([]);
  });
});

/** Removes annotations. */
function withoutAll(annotations: object): Readonly<Record<string, null>> {
  return Object.fromEntries(Object.keys(annotations).map((key) => [key, null]));
}

function isGood({ receivedNs }: ProbeRecord): boolean {
  return receivedNs !== undefined;
}

/** Nothing was answered of what failed last, for as long as many requests. */
function isSilent(records: readonly ProbeRecord[]): boolean {
  const failed = records.filter(({ failure }) => failure !== undefined);
  const lastGood = records.findLast(isGood)?.sequence ?? 0;
  return failed.filter(({ sequence }) => sequence > lastGood).length >= GOOD_IN_A_ROW;
}
