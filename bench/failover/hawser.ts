import { rmSync } from "node:fs";
import { echo, writeEchoManifests } from "#lab/probes/echo.ts";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { until } from "#lab/rack/until.ts";
import { version } from "#src/process/version.ts";
import type { FailoverSystem, RunningFailoverSystem } from "./system.ts";

/** Hawser with its default timers; what it does with open connections is another system. */
export const failoverHawser: readonly FailoverSystem[] = [
  systemOf("hawser", []),
  systemOf("hawser-keep", ["--keep-connections", "600"]),
];

function systemOf(name: string, speakerOptions: readonly string[]): FailoverSystem {
  return {
    name,
    package: undefined,
    program: undefined,
    version: async () => version,
    async start(rack) {
      const directory = writeEchoManifests(rack);
      return running(await RackInstallation.start({ rack, directory, speakerOptions }));
    },
  };
}

function running(installation: RackInstallation): RunningFailoverSystem {
  const { rack } = installation;
  return {
    async untilSteady() {
      const owner = await installation.untilOwned(echo.ipv4);
      await until("both speakers see all three", () =>
        ["n1", "n2"].every((node) => installation.reports().get(node)?.members.length === 3),
      );
      return rack.host(owner);
    },
    async leave(node) {
      await installation.speaker(node.name).stop();
    },
    async rejoin(node) {
      await installation.startSpeaker(node.name);
    },
    async stop() {
      await installation[Symbol.asyncDispose]();
      rmSync(installation.directory, { recursive: true, force: true });
    },
  };
}
