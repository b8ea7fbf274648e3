import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { probe } from "#bench/http/probe.ts";
import { freePort } from "#bench/http/systems.ts";
import type { Sample } from "#bench/report.ts";
import { memoryMb } from "#bench/scale/writes.ts";
import { routedHost, routedIngress, type RoutedManifest, routedManifests } from "./routed-manifests.ts";

const INGRESS = fileURLToPath(new URL("../../ingress/main.ts", import.meta.url));
const READY_WITHIN_MS = 120_000;
const ASK_AGAIN_MS = 2;
/** What only the start needed is given back ten seconds after it. */
const SETTLED_MS = 12_000;
const CHANGES = 10;
/** Objects in one file. */
const IN_ONE_FILE = 500;

/** The program itself over a folder with so many Ingresses: its start, its memory, changes until they are served, and its page of metrics. */
export async function measureProgram(size: number, hasPolicies: boolean): Promise<readonly Sample[]> {
  const system = `hawser-${size}`;
  const suffix = hasPolicies ? "-policies" : "";
  const samples: Sample[] = [];
  const add = (name: string, unit: string, value: number): void => {
    samples.push({ case: `${name}${suffix}`, system, unit, value });
  };
  const folder = mkdtempSync(join(tmpdir(), "hawser-routes-"));
  try {
    writeFolder(folder, [...routedManifests(size, hasPolicies)]);
    const [port, adminPort] = [await freePort(), await freePort()];
    const startedMs = performance.now();
    const child = startProgram(folder, { port, adminPort });
    try {
      await answers(adminPort, "/readyz", 200);
      add("start", "ms", performance.now() - startedMs);
      await delay(SETTLED_MS);
      add("rss", "MB", memoryMb(child.pid ?? 0).rss);
      for (let change = 0; change < CHANGES; change++) {
        const location = `https://bench.test/${change}`;
        const fromMs = performance.now();
        writeOne(folder, routedIngress(0, { "permanent-redirect": location }));
        await redirects(port, location);
        add("served", "ms", performance.now() - fromMs);
      }
      for (let number = 0; number < size; number++) await ask(port, routedHost(number));
      for (let trial = 0; trial < CHANGES; trial++) {
        const fromMs = performance.now();
        const page = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
        add("metrics", "ms", performance.now() - fromMs);
        if (trial === 0) add("metrics-size", "kB", page.length / 1e3);
      }
      add("rss-counting", "MB", memoryMb(child.pid ?? 0).rss);
    } finally {
      await stop(child);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return samples;
}

function startProgram(folder: string, { port, adminPort }: { port: number; adminPort: number }): ChildProcess {
  const ports = [`--http-port=${port}`, "--https-port=0", "--default-backend-port=0", `--admin-port=${adminPort}`];
  const rest = ["--bind-address=127.0.0.1", "--log-level=error", "--drain-delay=0", ...ports];
  return spawn(process.execPath, [INGRESS, `--manifests=${folder}`, ...rest], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** The first Ingress in a file of its own, which is written again; JSON is YAML, too. */
function writeFolder(folder: string, manifests: readonly RoutedManifest[]): void {
  mkdirSync(folder, { recursive: true });
  const [first, ...others] = manifests.toSorted((left, right) => Number(isFirst(right)) - Number(isFirst(left)));
  if (first !== undefined) writeOne(folder, first);
  for (let start = 0; start < others.length; start += IN_ONE_FILE) {
    const texts = others.slice(start, start + IN_ONE_FILE).map((manifest) => JSON.stringify(manifest));
    writeFileSync(join(folder, `part-${start}.yaml`), texts.join("\n---\n"));
  }
}

function isFirst({ kind, metadata }: RoutedManifest): boolean {
  return kind === "Ingress" && metadata.name === "app-0";
}

function writeOne(folder: string, manifest: RoutedManifest): void {
  writeFileSync(join(folder, "first.yaml"), JSON.stringify(manifest));
}

async function answers(port: number, path: string, status: number): Promise<void> {
  const endMs = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const found = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    await found?.text();
    if (found?.status === status) return;
    if (performance.now() > endMs) throw new Error(`${path} does not answer ${status}`);
    await delay(ASK_AGAIN_MS);
  }
}

async function redirects(port: number, location: string): Promise<void> {
  const endMs = performance.now() + READY_WITHIN_MS;
  while ((await ask(port, routedHost(0))).headers["location"] !== location) {
    if (performance.now() > endMs) throw new Error(`${routedHost(0)} does not lead to ${location}`);
    await delay(ASK_AGAIN_MS);
  }
}

async function ask(port: number, host: string) {
  const headers = [`Host: ${host}`];
  return await probe({ port, isSecure: false, host }, { method: "GET", target: "/api", headers, body: undefined });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}
