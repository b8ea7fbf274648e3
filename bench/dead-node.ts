import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Pod } from "#lab/rack/pod.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";
import { chosen } from "./chosen.ts";
import { type DeadNodeProxy, deadNodeProxies, ENDPOINT_PORT } from "./dead-node/proxies.ts";
import { foundTools } from "./http/tools.ts";
import { benchOptions, printBenchReport, type Sample } from "./report.ts";

const CLIENTS = fileURLToPath(new URL("./dead-node/clients.ts", import.meta.url));
const AT_ONCE = 8;
/** For so long clients go on to ask; the node dies after the first of them. */
const SECONDS = 6;
const PORT = 8_000;

const SERVING = `require("node:http").createServer((request, response) => response.end("x"))
  .listen(${ENDPOINT_PORT}, () => console.log("ready"));`;

/** What clients of a proxy see when a node dies that has one of two endpoints, and no program hears of it. */
export async function main(args: readonly string[]): Promise<number> {
  const options = benchOptions(args, {
    name: "dead-node",
    trials: 10,
    help: "Deaths for each proxy",
    texts: { systems: `Proxies, with commas: ${deadNodeProxies.map(({ name }) => name).join(", ")}` },
  });
  if (options === undefined) return 0;
  const names = chosen(
    deadNodeProxies.map(({ name }) => name),
    options.texts["systems"],
    { option: "systems" },
  );
  const { versions, skipped } = foundTools(deadNodeProxies);
  const proxies = deadNodeProxies.filter(({ name }) => names.has(name) && versions[name] !== undefined);
  const folder = mkdtempSync(join(tmpdir(), "hawser-dead-node-"));
  const samples: Sample[] = [];
  try {
    await using rack = await Rack.build({ nodes: 3 });
    const program = { command: [process.execPath, "-e", SERVING], ready: /ready/ };
    const start = (name: string, node: string): Promise<Pod> => rack.startPod({ name, node, program });
    const pods = await Promise.all([start("web-2", "n2"), start("web-3", "n3")]);
    for (let trial = 0; trial < options.trials; trial++)
      for (const proxy of trial % 2 === 0 ? proxies : proxies.toReversed()) {
        samples.push(...(await measure({ rack, pods, proxy, folder: join(folder, `${proxy.name}-${trial}`) })));
        if (!options.json) console.error(`dead-node: ${proxy.name}, ${trial + 1} of ${options.trials}`);
      }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  printBenchReport({
    bench: "dead-node",
    options,
    samples,
    ratios: ["nginx", "nginx-1s"].map((under) => ({ case: "slowest", over: "hawser", under })),
    skipped,
    versions: Object.fromEntries(Object.entries(versions).filter(([name]) => name === "nginx")),
  });
  return 0;
}

interface Death {
  readonly rack: Rack;
  readonly pods: readonly Pod[];
  readonly proxy: DeadNodeProxy;
  readonly folder: string;
}

/** The node of the first pod dies while clients ask a proxy that has just been started. */
async function measure({ rack, pods, proxy, folder }: Death): Promise<readonly Sample[]> {
  const node = rack.host("n1");
  const endpoints = pods.map((pod) => pod.host.ipv4);
  const running = await node.spawn({
    name: `${proxy.name} proxy`,
    command: proxy.command(folder, { port: PORT, endpoints }),
  });
  try {
    const ask = `await fetch("http://127.0.0.1:${PORT}/").then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))`;
    const question = [process.execPath, "--input-type=module", "-e", ask];
    await until(`${proxy.name} to answer`, async () => (await node.run(question)).code === 0);
    const command = [process.execPath, CLIENTS, String(PORT), String(AT_ONCE), String(SECONDS)];
    const clients = await node.spawn({ name: "clients", command, ready: /asking/ });
    await rack.cutSilent(rack.host("n2"));
    const line = await until("the clients to end", () => clients.lines.find((one) => one.startsWith("{")));
    const { slowestMs, failed, asked } = JSON.parse(line) as Record<string, number>;
    return [
      { case: "slowest", system: proxy.name, unit: "ms", value: slowestMs ?? Number.NaN },
      { case: "failed", system: proxy.name, unit: "requests", value: failed ?? Number.NaN },
      { case: "asked", system: proxy.name, unit: "requests", value: asked ?? Number.NaN },
    ];
  } finally {
    await running.stop();
    await rack.heal();
  }
}
