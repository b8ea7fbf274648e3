import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { echo, writeEchoManifests } from "#lab/probes/echo.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("what a pool says of who announces it", () => {
  let rack: Rack;
  let installation: RackInstallation;
  let directory: string;

  /** Writes a file of the folder in one step. */
  function write(name: string, text: string): void {
    writeFileSync(join(directory, `.${name}`), text);
    renameSync(join(directory, `.${name}`), join(directory, name));
  }

  function writePool(more: string): void {
    const addresses = `[${echo.ipv4}/32, "${echo.ipv6}/128"]`;
    const config = `address-pools: [{ name: default, protocol: layer2, addresses: ${addresses}, ${more} }]`;
    const metadata = { namespace: "hawser-system", name: "hawser" };
    write("pools.yaml", JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata, data: { config } }));
  }

  const announced = (): string => installation.announcedCondition(echo.key);

  /** Resolves once the node alone announces both addresses. */
  async function untilAnnouncedBy(...nodes: readonly string[]): Promise<void> {
    const all = () => [echo.ipv4, echo.ipv6].map((ip) => installation.announcers(ip).join());
    await until(`${nodes.join() || "no node"} announces`, () => all().every((one) => one === nodes.join()), {
      lastSeen: all,
    });
  }

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 3 });
    directory = writeEchoManifests(rack);
    const node = (name: string, at: number) =>
      `apiVersion: v1\nkind: Node\nmetadata: { name: ${name}, labels: { zone: z${at + 1} } }\n`;
    write("nodes.yaml", rack.nodes.map(({ name }, at) => node(name, at)).join("---\n"));
    writePool(
      "preferred-nodes: [{ weight: 1, match-labels: { zone: z2 } }, { weight: 2, match-labels: { zone: z3 } }]",
    );
    installation = await RackInstallation.start({ rack, directory, speakers: ["n1"] });
  });
  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await rack.close();
  });

  it("preferred nodes come first by their weights, and the next one takes over", async () => {
    await untilAnnouncedBy("n1");
    for (const node of ["n2", "n3"]) await installation.startSpeaker(node);
    const heard = () => ["n1", "n2", "n3"].map((node) => installation.reports().get(node)?.members.length);
    await until("all hear each other", () => heard().every((count) => count === 3), { lastSeen: heard });
    // An owner keeps its addresses.
    await untilAnnouncedBy("n1");
    await installation.speaker("n1").stop();
    await untilAnnouncedBy("n3");
    await installation.speaker("n3").stop();
    await untilAnnouncedBy("n2");
  });

  it("a node announces only on the interfaces that the pool names, and says why not where it has none of them", async () => {
    writePool("interfaces: [eth7]");
    await untilAnnouncedBy();
    const said = /without one of the interfaces that the advertisement of its pool names/;
    await until("the condition says why", () => said.test(announced()), { lastSeen: announced });
    writePool("interfaces: [eth7, eth0]");
    await untilAnnouncedBy("n2");
    await until("the condition is True again", () => announced().startsWith("Announced "), { lastSeen: announced });
  });
});
