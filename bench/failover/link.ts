import { rmSync } from "node:fs";
import { echo, startEcho, writeEchoManifests } from "#lab/probes/echo.ts";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { Rack } from "#lab/rack/rack.ts";
import { mustRun } from "#lab/rack/run-command.ts";
import type { Sample } from "#bench/report.ts";
import { gapOfCut } from "./cases.ts";
import { runningHawser } from "./hawser.ts";

/**
 * Nodes with a second interface, in a network of their own that heartbeats take: milliseconds from the end of the owner's
 * link to clients, which its kernel sees, to the first answer to a probe sent after it.
 */
export async function measureLink(trials: number): Promise<readonly Sample[]> {
  await using rack = await Rack.build({ nodes: 3 });
  await startEcho(rack);
  await addManagementNetwork(rack);
  const directory = writeEchoManifests(rack, { addressOf: managementAddress });
  const installation = await RackInstallation.start({ rack, directory });
  const running = runningHawser(installation);
  const samples: Sample[] = [];
  for (let trial = 0; trial < trials; trial++) {
    const value = await gapOfCut(rack, running, echo.ipv4, (owner) => rack.cutCable(owner));
    samples.push({ case: "link", system: "hawser", unit: "ms", value });
  }
  await running.stop();
  rmSync(directory, { recursive: true, force: true });
  return samples;
}

/** Of 203.0.113.0/25, which no other link of a rack has: nodes have routes to each other's pods that would come first. */
function managementAddress(node: string): string {
  return `203.0.113.${10 + Number(node.slice(1))}`;
}

/** A second switch, and an interface `eth1` of each node at it. */
async function addManagementNetwork(rack: Rack): Promise<void> {
  const inSwitch = ["link add name br1 type bridge stp_state 0 forward_delay 0", "link set br1 up"];
  const links = rack.nodes.map(({ name }) => `link add name eth1 netns ${name} type veth peer name m-${name} netns sw`);
  await mustRun("a second switch", ["ip", "-n", "sw", "-batch", "-"], `${inSwitch.join("\n")}\n`);
  await mustRun("second interfaces", ["ip", "-batch", "-"], `${links.join("\n")}\n`);
  const ports = rack.nodes.flatMap(({ name }) => [`link set m-${name} master br1 up`]);
  await mustRun("ports of the second switch", ["ip", "-n", "sw", "-batch", "-"], `${ports.join("\n")}\n`);
  for (const node of rack.nodes) {
    const own = ["link set eth1 up", `addr add ${managementAddress(node.name)}/25 dev eth1`];
    await mustRun(`eth1 of ${node.name}`, node.inside(["ip", "-batch", "-"]), `${own.join("\n")}\n`);
  }
}
