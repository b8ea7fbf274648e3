// Where addresses are after the speakers were restarted one after the other: at first not on the last one, then spread.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { echo, writeEchoManifests } from "#lab/probes/echo.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
/** Services with an address each, and two that share one. */
const ALONE = 8;
const SHARERS = ["shop", "shop-admin"];
const POOL = `{ name: many, protocol: layer2, addresses: [192.0.2.220-192.0.2.239] }`;

function service(name: string, port: number, annotations: string): string {
  return `apiVersion: v1
kind: Service
metadata: { name: ${name}, annotations: { hawser.dev/address-pool: many${annotations} } }
spec: { type: LoadBalancer, ports: [{ port: ${port} }] }
`;
}

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("13 E addresses after a restart of all speakers", () => {
  let rack: Rack;

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 3 });
  });
  afterAll(() => rack.close());

  const nodes = (): readonly string[] => rack.nodes.map(({ name }) => name);

  /** How many addresses each node announces; undefined while not each of them is announced by one node. */
  function loads(installation: RackInstallation, ips: readonly string[]): readonly number[] | undefined {
    const owners = ips.map((ip) => installation.announcers(ip));
    if (!owners.every(({ length }) => length === 1)) return undefined;
    return nodes().map((node) => owners.filter(([owner]) => owner === node).length);
  }

  async function start(speakerOptions: readonly string[]): Promise<RackInstallation> {
    const directory = writeEchoManifests(rack, { endpointNode: "none", pools: [POOL] });
    const alone = Array.from({ length: ALONE }, (_, at) => service(`web-${at + 1}`, 80, ""));
    const sharing = SHARERS.map((name, at) => service(name, 80 + at, ", hawser.dev/sharing-key: shop"));
    writeFileSync(join(directory, "many.yaml"), [...alone, ...sharing].join("---\n"));
    return RackInstallation.start({ rack, directory, speakerOptions });
  }

  /** Restarts the speakers one after the other; each waits until all see each other and every address has an owner. */
  async function restartAll(installation: RackInstallation, ips: readonly string[]): Promise<void> {
    for (const node of nodes()) {
      await installation.speaker(node).stop();
      await installation.startSpeaker(node);
      await until("all speakers stand for election and see each other", () => {
        const reports = nodes().map((one) => installation.reports().get(one));
        return reports.every((report) => report?.ready === true && report.members.length === nodes().length);
      });
      await until("each address has one owner", () => loads(installation, ips));
    }
  }

  async function addressesOf(installation: RackInstallation): Promise<readonly string[]> {
    const keys = [
      ...Array.from({ length: ALONE }, (_, at) => `default/web-${at + 1}`),
      ...SHARERS.map((one) => `default/${one}`),
    ];
    const assigned = await Promise.all(keys.map((key) => installation.untilAssigned(key)));
    const ips = assigned.map(([ip = expect.fail("an address")]) => ip);
    expect(ips.at(-1)).toBe(ips.at(-2));
    return [...new Set(ips), echo.ipv4, echo.ipv6];
  }

  const difference = (counts: readonly number[] = [Infinity, 0]): number => Math.max(...counts) - Math.min(...counts);

  it.each([
    { how: "by hawser rebalance", failBackAfter: "0", command: "rebalance" },
    { how: "by themselves, after --fail-back-after", failBackAfter: "2", command: undefined },
  ])("are spread $how, within one of each other", async ({ failBackAfter, command }) => {
    await using installation = await start(["--fail-back-after", failBackAfter]);
    const ips = await addressesOf(installation);
    expect(ips).toHaveLength(ALONE + 3);
    await until("each address has one owner", () => loads(installation, ips));
    await restartAll(installation, ips);
    if (command !== undefined) {
      // The one that was restarted last has nothing.
      expect(loads(installation, ips)?.at(-1)).toBe(0);
      const { code, stderr } = await rack.router.run([
        process.execPath,
        CLI,
        command,
        "--manifests",
        installation.directory,
      ]);
      expect([code, stderr]).toEqual([0, expect.any(String)]);
    }
    const now = () => loads(installation, ips);
    await until("they are spread", () => difference(now()) <= 1, { lastSeen: now });
    // Eleven over three nodes.
    expect(now()?.toSorted()).toEqual([3, 4, 4]);
  });
});
