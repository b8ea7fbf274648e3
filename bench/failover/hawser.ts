import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeEchoManifests } from "#lab/probes/echo.ts";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { until } from "#lab/rack/until.ts";
import { version } from "#src/process/version.ts";
import type { FailoverSystem, RunningFailoverSystem } from "./system.ts";

/** Twenty speakers start on two cores. */
const START_MS = 120_000;

/** The pool of the other addresses: of IPv6, because the rack's IPv4 network has too few. */
const OTHERS = '{ name: others, protocol: layer2, auto-assign: false, addresses: ["2001:db8:0:1:1::/112"] }';

/** Hawser with its default timers; what it does with open connections is another system. */
export const failoverHawser: readonly FailoverSystem[] = [
  systemOf("hawser", ["crash", "crash6", "kill", "hang", "move", "connections"], []),
  systemOf("hawser-keep", ["connections"], ["--keep-connections", "600"]),
];

function systemOf(name: string, cases: readonly string[], speakerOptions: readonly string[]): FailoverSystem {
  return {
    name,
    cases,
    package: undefined,
    program: undefined,
    version: async () => version,
    async start(rack, addresses) {
      const count = Math.max(0, addresses - 2);
      const directory = writeEchoManifests(rack, { pools: count === 0 ? [] : [OTHERS] });
      if (count > 0) writeFileSync(join(directory, "others.yaml"), others(count));
      const installation = await RackInstallation.start({ rack, directory, speakerOptions });
      return runningHawser(installation);
    },
  };
}

/** Services with the other addresses. */
function others(count: number): string {
  const services = Array.from({ length: count }, (_, index) => {
    const metadata = `{ name: other-${index}, annotations: { metallb.universe.tf/address-pool: others } }`;
    return `apiVersion: v1
kind: Service
metadata: ${metadata}
spec: { type: LoadBalancer, ipFamilies: [IPv6], ipFamilyPolicy: SingleStack, ports: [{ port: 80 }] }
`;
  });
  return services.join("---\n");
}

/** What the bench asks of an installation whose candidates are n1 and all others but n3. */
export function runningHawser(installation: RackInstallation): RunningFailoverSystem {
  const { rack } = installation;
  const size = rack.nodes.length;
  return {
    async untilSteady(ip) {
      await until(
        "all speakers see each other",
        () => {
          const reports = installation.reports();
          return rack.nodes.every(({ name }) => reports.get(name)?.members.length === size);
        },
        { timeoutMs: START_MS },
      );
      return rack.host(await installation.untilOwned(ip));
    },
    async leave(node) {
      await installation.speaker(node.name).stop();
    },
    kill: (node) => installation.speaker(node.name).kill(),
    hang: (node) => installation.speaker(node.name).hang(),
    resume: (node) => installation.speaker(node.name).resume(),
    async rejoin(node) {
      await installation.startSpeaker(node.name);
    },
    async stop() {
      await installation[Symbol.asyncDispose]();
      rmSync(installation.directory, { recursive: true, force: true });
    },
  };
}
