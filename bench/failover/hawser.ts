import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { echo, writeEchoManifests } from "#lab/probes/echo.ts";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { until } from "#lab/rack/until.ts";
import { announcedAddresses } from "#src/model/print-addresses.ts";
import { version } from "#src/process/version.ts";
import type { FailoverSystem, RunningFailoverSystem } from "./system.ts";

/** Twenty speakers start on two cores. */
const START_MS = 120_000;
/** Speakers that start beside each other: twenty at once on two cores are not ready in a minute. */
const STARTS_AT_ONCE = 5;
/** Services that come at once: each speaker reads all of them, and twenty that do on two cores have no CPU left for heartbeats. */
const PORTION = 100;
/** A speaker that had no CPU while it read them says so for a minute, and is waited for as much longer. */
const CALM_MS = 60_000;
/** Between two looks at what twenty speakers report: they need the CPU. */
const LOOK_EVERY_MS = 200;

/** The pool of the other addresses: of IPv6, because the rack's IPv4 network has too few. */
const OTHERS = '{ name: others, protocol: layer2, auto-assign: false, addresses: ["2001:db8:0:1:1::/112"] }';

/** Hawser with its default timers; what it does with open connections is another system. */
export const failoverHawser: readonly FailoverSystem[] = [
  systemOf("hawser", ["crash", "crash6", "crash-all", "kill", "hang", "move", "connections"], []),
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
      const installation = await RackInstallation.start({
        rack,
        directory,
        speakerOptions,
        startsAtOnce: STARTS_AT_ONCE,
        readyMs: START_MS,
      });
      const running = runningHawser(installation);
      if (count > 0) await announceOthers(installation, running, count);
      return running;
    },
  };
}

/** Brings the other addresses portion by portion, once all speakers see each other; resolves when each is announced by one of them. */
async function announceOthers(
  installation: RackInstallation,
  { untilSteady }: RunningFailoverSystem,
  count: number,
): Promise<void> {
  await untilSteady(echo.ipv4);
  for (let first = 0; first < count; first += PORTION) {
    const end = Math.min(first + PORTION, count);
    writeFileSync(join(installation.directory, `others-${first}.yaml`), others(first, end));
    const announced = (): number =>
      [...installation.reports().values()].reduce(
        (sum, { announcing }) => sum + announcedAddresses({ announcing }).size,
        0,
      );
    // With those of the echo Service.
    await until(`${end + 2} addresses are announced`, () => announced() === end + 2, {
      timeoutMs: START_MS,
      everyMs: LOOK_EVERY_MS,
      lastSeen: announced,
    });
    console.error(`failover: ${end + 2} addresses are announced`);
  }
  await sleep(CALM_MS);
}

/** Services with the other addresses from one number up to another one. */
function others(first: number, end: number): string {
  const services = Array.from({ length: end - first }, (_, index) => {
    const metadata = `{ name: other-${first + index}, annotations: { metallb.universe.tf/address-pool: others } }`;
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
        { timeoutMs: START_MS, everyMs: LOOK_EVERY_MS },
      );
      return rack.host(await installation.untilOwned(ip));
    },
    async leave(node) {
      await installation.speaker(node.name).stop();
    },
    kill: (node) => installation.speaker(node.name).kill(),
    hang: (node) => installation.speaker(node.name).hang(),
    addressesOf: (node) => {
      const { announcing = [] } = installation.reports().get(node.name) ?? {};
      return [...announcedAddresses({ announcing })];
    },
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
