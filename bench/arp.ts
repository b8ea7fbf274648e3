import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { Rack } from "#lab/rack/rack.ts";
import type { FloodResult } from "./arp/flood.ts";
import { cpuSeconds } from "./cpu-seconds.ts";
import { benchOptions, printBenchReport, type Sample } from "./report.ts";

const vip = "192.0.2.211";
const foreign = "192.0.2.99";
const FLOOD = fileURLToPath(new URL("arp/flood.ts", import.meta.url));

/** Who answers: the speaker for its address, or the kernel for one on the interface. */
type Responder = { readonly system: string; readonly ip: string; cpuS(): number };

/** Replies a second and CPU a reply, for an announced address; CPU while others' addresses are flooded. */
export async function main(args: readonly string[]): Promise<number> {
  const options = benchOptions(args, { name: "arp", trials: 5, help: "Rounds of each case (1 s of load each)" });
  if (options === undefined) return 0;
  await using rack = await Rack.build({ nodes: 1 });
  const directory = mkdtempSync("/run/hawser-bench-");
  writeFileSync(join(directory, "all.yaml"), manifests);
  await using installation = await RackInstallation.start({ rack, directory });
  await installation.untilOwned(vip);
  const pid = installation.speaker("n1").pid;
  const kernelAddress = rack.host("n1").ipv4;
  const responders: readonly Responder[] = [
    { system: "hawser", ip: vip, cpuS: () => cpuSeconds(pid) },
    { system: "kernel", ip: kernelAddress, cpuS: () => 0 },
  ];
  const samples: Sample[] = [];
  for (let round = 0; round < options.trials; round++) {
    for (const responder of responders) samples.push(...(await measure(rack, responder)));
    samples.push(...(await flood(rack, pid)));
    console.error(`arp: round ${round + 1} of ${options.trials}`);
  }
  rmSync(directory, { recursive: true, force: true });
  printBenchReport({
    bench: "arp",
    options,
    samples,
    ratios: [{ case: "replies", over: "hawser", under: "kernel" }],
    skipped: [],
    versions: {},
  });
  return 0;
}

/** One second of requests, as many as the client can send: what comes back, and what it cost the speaker. */
async function measure(rack: Rack, { system, ip, cpuS }: Responder): Promise<readonly Sample[]> {
  const before = cpuS();
  const result = await load(rack, { ip, perSecond: 60_000, seconds: 1 });
  const cpu = cpuS() - before;
  return [
    { case: "replies", system, unit: "1/s", value: result.received / result.seconds },
    { case: "answered", system, unit: "ratio", value: result.received / result.sent },
    ...(cpu > 0 ? [{ case: "cpu-per-reply", system, unit: "us", value: (cpu * 1e6) / result.received }] : []),
  ];
}

/** One second of 100,000 requests for an address that is not ours. */
async function flood(rack: Rack, pid: number): Promise<readonly Sample[]> {
  const before = cpuSeconds(pid);
  const result = await load(rack, { ip: foreign, perSecond: 100_000, seconds: 1 });
  const cpu = (cpuSeconds(pid) - before) / result.seconds;
  return [
    { case: "foreign-flood", system: "hawser", unit: "share of a core", value: cpu },
    { case: "foreign-flood-rate", system: "client", unit: "1/s", value: result.sent / result.seconds },
  ];
}

async function load(rack: Rack, order: { ip: string; perSecond: number; seconds: number }): Promise<FloodResult> {
  const target = { ...order, mac: rack.client.mac, senderIp: rack.client.ipv4 };
  const { stdout, stderr, code } = await rack.client.run([process.execPath, FLOOD, JSON.stringify(target)]);
  if (code !== 0) throw new Error(`the flood ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as FloodResult;
}

const manifests = `apiVersion: v1
kind: ConfigMap
metadata: { namespace: hawser-system, name: hawser }
data:
  config: |
    address-pools:
    - { name: default, protocol: layer2, addresses: [${vip}/32] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: LoadBalancer
  ports: [{ port: 80 }]
`;
