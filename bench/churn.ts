import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { selfSigned } from "#ingress/tls/self-signed.ts";
import { churnClients } from "./churn/clients.ts";
import { type ChurnEndpoints, churnEndpoints } from "./churn/endpoints.ts";
import {
  CERTIFIED,
  CHANGED,
  type Changed,
  type ChurnState,
  type ChurnSystem,
  churnSystems,
  MOVED,
  TURNS,
} from "./churn/systems.ts";
import { chosen } from "./chosen.ts";
import { type Running, start } from "./http/systems.ts";
import { foundTools } from "./http/tools.ts";
import { benchOptions, printBenchReport, type Sample } from "./report.ts";

const ASK_AGAIN_MS = 1;
const LIVE_WITHIN_MS = 30_000;
/** Certificates that are used in turn, because making one takes long. */
const CERTIFICATES = 8;

/** Changes of routes, endpoints and certificates under load: how long each takes to be live, and what clients lose meanwhile. */
export async function main(args: readonly string[]): Promise<number> {
  const options = benchOptions(args, {
    name: "churn",
    trials: 1_000,
    help: "Changes of each system, a third of them of each kind",
    texts: { systems: "What runs, of hawser, nginx and haproxy, with commas; default all that is there" },
  });
  if (options === undefined) return 0;
  await using endpoints = await churnEndpoints();
  const certificates = Array.from({ length: CERTIFICATES }, () => selfSigned(CERTIFIED, Date.now()));
  const stateOf = (change: number): ChurnState => ({
    location: `https://elsewhere.test/${change}`,
    endpointPort: endpoints.turns[change % 2]!,
    certificate: certificates[change % CERTIFICATES]!,
  });
  const all = churnSystems(stateOf(0));
  const names = chosen(
    all.map(({ system }) => system.name),
    options.texts["systems"],
    { option: "systems" },
  );
  const { versions, skipped } = foundTools(all.map(({ system }) => system).filter(({ name }) => names.has(name)));
  const samples: Sample[] = [];
  for (const one of all)
    if (versions[one.system.name] !== undefined)
      samples.push(...(await measure(one, { endpoints, stateOf, changes: options.trials })));
  printBenchReport({
    bench: "churn",
    options,
    samples,
    ratios: CHANGED.flatMap((changed) =>
      ["nginx", "haproxy"].map((under) => ({ case: `live-${changed}`, over: "hawser", under })),
    ),
    skipped,
    versions: Object.fromEntries(Object.entries(versions).filter(([name]) => name !== "hawser")),
  });
  return 0;
}

async function measure(
  { system, change }: ChurnSystem,
  how: {
    readonly endpoints: ChurnEndpoints;
    readonly stateOf: (change: number) => ChurnState;
    readonly changes: number;
  },
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const { name } = system;
  const folder = mkdtempSync(join(tmpdir(), "hawser-churn-"));
  try {
    await using running = await start(system, { folder, pin: [], backendPort: how.endpoints.steady });
    let state = how.stateOf(0);
    for (const changed of CHANGED) await untilLive(running, changed, state);
    const clients = churnClients(running.port);
    for (let number = 0; number < how.changes; number++) {
      const changed = CHANGED[number % CHANGED.length]!;
      const next = how.stateOf(1 + Math.floor(number / CHANGED.length));
      state = { ...state, ...partOf(changed, next) };
      const fromMs = performance.now();
      await change(changed, state, { folder: join(folder, name), pid: running.pid });
      await untilLive(running, changed, state);
      samples.push({ case: `live-${changed}`, system: name, unit: "ms", value: performance.now() - fromMs });
    }
    const { requests, lost, cut } = await clients.stop();
    samples.push(
      { case: "requests", system: name, unit: "requests", value: requests },
      { case: "lost", system: name, unit: "requests", value: lost },
      { case: "cut", system: name, unit: "WebSockets", value: cut },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return samples;
}

function partOf(changed: Changed, next: ChurnState): Partial<ChurnState> {
  const { location, endpointPort, certificate } = next;
  return changed === "route" ? { location } : changed === "endpoints" ? { endpointPort } : { certificate };
}

/** Asks again and again, each time by a connection of its own. */
async function untilLive(running: Running, changed: Changed, state: ChurnState): Promise<void> {
  const endMs = performance.now() + LIVE_WITHIN_MS;
  while (!(await isLive(running, changed, state))) {
    if (performance.now() > endMs) throw new Error(`${running.name} does not serve the change of ${changed}`);
    await delay(ASK_AGAIN_MS);
  }
}

async function isLive({ port, securePort }: Running, changed: Changed, state: ChurnState): Promise<boolean> {
  if (changed === "certificate")
    return (await certificateAt(securePort)) === new X509Certificate(state.certificate.cert).fingerprint256;
  const { location, body } = await ask(port, changed === "route" ? MOVED : TURNS);
  return changed === "route" ? location === state.location : body === `${state.endpointPort}`;
}

function ask(port: number, host: string): Promise<{ readonly location: string | undefined; readonly body: string }> {
  return new Promise((resolve) => {
    const nothing = (): void => resolve({ location: undefined, body: "" });
    const sent = request({ host: "127.0.0.1", port, agent: false, headers: { host } }, (response) => {
      let body = "";
      response.on("data", (part: Buffer) => (body += part.toString())).on("error", nothing);
      response.on("end", () => resolve({ location: response.headers.location, body }));
    });
    sent.on("error", nothing).end();
  });
}

/** The fingerprint of what a client of CERTIFIED gets. */
function certificateAt(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connectTls({ host: "127.0.0.1", port, servername: CERTIFIED, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256);
      socket.destroy();
    });
    socket.on("error", () => resolve(undefined));
  });
}
