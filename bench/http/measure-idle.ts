import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Sample } from "#bench/report.ts";
import { childrenOf } from "#bench/cpu-seconds.ts";
import { memoryMb } from "#bench/scale/writes.ts";
import { backend, type HttpSystem, type Running, start } from "./systems.ts";

const CLIENTS = fileURLToPath(new URL("./idle-clients.ts", import.meta.url));
const CONNECTIONS = 10_000;
/** Before memory is read: what only the start or the opening needed is given back then. */
const SETTLED_MS = 12_000;

export const IDLE_CASES: readonly string[] = ["idle", "idle-tls"];

/** How much more memory of a proxy is in RAM with so many idle connections, each after one answered request. Each is started for it. */
export async function measureIdle(
  systems: readonly HttpSystem[],
  chosen: ReadonlySet<string>,
  { rounds, folder, loadPin, say }: IdleOptions,
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const cases = IDLE_CASES.filter((name) => chosen.has(name));
  if (cases.length === 0) return samples;
  await using endpoint = await start(backend, { folder, pin: loadPin, backendPort: 0, name: "idle-backend" });
  for (let round = 0; round < rounds; round++)
    for (const name of cases)
      for (const system of systems) {
        const at = { folder, pin: [], backendPort: endpoint.port, name: `${system.name}-${name}-${round}` };
        await using running = await start(system, at);
        const value = await growthOf(running, name);
        samples.push({ case: `memory-${name}`, system: system.name, unit: "MB", value });
        say(`${name} of ${system.name}, round ${round + 1} of ${rounds}: ${value.toFixed(1)} MB`);
      }
  return samples;
}

interface IdleOptions {
  readonly rounds: number;
  readonly folder: string;
  readonly loadPin: readonly string[];
  readonly say: (line: string) => void;
}

async function growthOf({ pid, port, securePort }: Running, name: string): Promise<number> {
  await delay(SETTLED_MS);
  const before = memoryOfAll(pid);
  const kind = name === "idle-tls" ? "tls" : "plain";
  const args = [CLIENTS, String(kind === "tls" ? securePort : port), String(CONNECTIONS), kind];
  const clients = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  try {
    await once(clients.stdout, "data");
    await delay(SETTLED_MS);
    const after = memoryOfAll(pid);
    clients.stdin.write("end\n");
    const [ended] = (await once(clients.stdout, "data")) as [Buffer];
    if (ended.toString() !== "0\n") throw new Error(`${ended.toString().trim()} idle connections were ended`);
    return after - before;
  } finally {
    clients.kill("SIGKILL");
  }
}

/** Of a process and its children: nginx has its connections in one of these. */
function memoryOfAll(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, one) => sum + memoryMb(one).rss, 0);
}
