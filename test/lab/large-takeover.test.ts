import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RackInstallation, type SpeakerReportFile } from "#lab/hawser/installation.ts";
import { writeEchoManifests } from "#lab/probes/echo.ts";
import { Rack } from "#lab/rack/rack.ts";
import { mustRun } from "#lab/rack/run-command.ts";
import { until } from "#lab/rack/until.ts";
import { announcedAddresses } from "#src/model/print-addresses.ts";

/** Beside the two of the echo Service. */
const ADDRESSES = 300;
const MANY = '{ name: many, protocol: layer2, auto-assign: false, addresses: ["2001:db8:0:1:1::/112"] }';

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("a takeover of several hundred addresses", () => {
  let rack: Rack;
  let installation: RackInstallation;
  let all: ReadonlySet<string>;

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 3 });
    const directory = writeEchoManifests(rack, { pools: [MANY] });
    writeFileSync(join(directory, "many.yaml"), services());
    installation = await RackInstallation.start({ rack, directory });
    await until("all are announced", () => announcedBy("n1").size + announcedBy("n2").size === ADDRESSES + 2, {
      lastSeen: () => [announcedBy("n1").size, announcedBy("n2").size],
    });
    all = announcedBy("n1").union(announcedBy("n2"));
  });

  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await rack.close();
  });

  function announcedBy(node: string): ReadonlySet<string> {
    const report: SpeakerReportFile | undefined = installation.reports().get(node);
    return announcedAddresses({ announcing: report?.announcing ?? [] });
  }

  /** The client has talked to each address at the Ethernet address of its node, and learns only what it hears unasked. */
  async function acquaintClient(node: string): Promise<void> {
    const { mac } = rack.host(node);
    const entries = [...announcedBy(node)].map((ip) => `neigh replace ${ip} lladdr ${mac} nud reachable dev eth0\n`);
    await mustRun("entries of the client", rack.client.inside(["ip", "-batch", "-"]), entries.join(""));
  }

  /** How many of the addresses the client finds at the Ethernet address of a node. */
  async function countAt(node: string): Promise<number> {
    const said = await mustRun("neighbors", rack.client.inside(["ip", "-json", "neigh", "show", "dev", "eth0"]));
    const rows = JSON.parse(said) as { dst: string; lladdr?: string }[];
    return rows.filter(({ dst, lladdr }) => all.has(dst) && lladdr === rack.host(node).mac).length;
  }

  it("the client hears of each address where it is now, and asks for none", async () => {
    const left = announcedBy("n1").size;
    expect(left).toBeGreaterThan(100);
    for (const node of ["n1", "n2"]) await acquaintClient(node);
    expect([await countAt("n1"), await countAt("n2")]).toEqual([left, ADDRESSES + 2 - left]);
    await rack.cutSilent(rack.host("n1"));
    await until("no address is at n1", async () => (await countAt("n1")) === 0, { lastSeen: () => countAt("n1") });
    expect(await countAt("n2")).toBe(ADDRESSES + 2);
    await until("n2 reports all", () => announcedBy("n2").size === ADDRESSES + 2);
  });
});

function services(): string {
  const one = (index: number): string => `apiVersion: v1
kind: Service
metadata: { name: many-${index}, annotations: { metallb.universe.tf/address-pool: many } }
spec: { type: LoadBalancer, ipFamilies: [IPv6], ipFamilyPolicy: SingleStack, ports: [{ port: 80 }] }
`;
  return Array.from({ length: ADDRESSES }, (_, index) => one(index)).join("---\n");
}
