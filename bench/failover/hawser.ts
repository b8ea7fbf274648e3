import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Installation } from "#lab/installation.ts";
import type { Rack } from "#lab/rack.ts";
import { until } from "#lab/until.ts";
import { version } from "#src/process/version.ts";
import { echoPort, type RunningSystem, type System, vip } from "./system.ts";

const manifests = (rack: Rack): string =>
  [
    `apiVersion: v1
kind: ConfigMap
metadata: { namespace: hawser-system, name: hawser }
data:
  config: |
    address-pools:
    - { name: default, protocol: layer2, addresses: [${vip}/32] }
`,
    `apiVersion: v1
kind: Service
metadata: { name: echo }
spec:
  type: LoadBalancer
  ports: [{ port: ${echoPort}, protocol: UDP }]
`,
    ...rack.nodes.map(
      ({ name, ipv4 }) => `apiVersion: v1
kind: Node
metadata:
  name: ${name}
  labels: ${name === "n3" ? '{ node.kubernetes.io/exclude-from-external-load-balancers: "" }' : "{}"}
status:
  addresses: [{ type: InternalIP, address: ${ipv4} }]
`,
    ),
  ].join("---\n");

/** Hawser with its default timers. */
export const hawser: System = {
  name: "hawser",
  package: undefined,
  program: undefined,
  version: async () => version,
  async start(rack) {
    const directory = mkdtempSync("/run/hawser-bench-");
    writeFileSync(join(directory, "all.yaml"), manifests(rack));
    const installation = await Installation.start({ rack, directory });
    return running(installation);
  },
};

function running(installation: Installation): RunningSystem {
  const { rack } = installation;
  return {
    async untilSteady() {
      const owner = await installation.untilOwned(vip);
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
