import { echo } from "#lab/probes/echo.ts";
import { gapAfter } from "#lab/probes/gap.ts";
import { HeldConnections } from "#lab/probes/held-connections.ts";
import { lostWhile } from "#lab/probes/lost-while.ts";
import { NeighborWatch } from "#lab/probes/neighbor-watch.ts";
import { Prober } from "#lab/probes/prober.ts";
import type { Host } from "#lab/rack/host.ts";
import type { Rack } from "#lab/rack/rack.ts";
import { mustRun } from "#lab/rack/run-command.ts";
import type { Sample } from "#bench/report.ts";
import type { RunningFailoverSystem } from "./system.ts";

/** Good probes in a row before and after a fault: 100 ms of calm. */
const CALM_PROBES = 50;
const PROBE_EVERY_MS = 2;
/** Open at once in the case `connections`. */
const CONNECTIONS = 200;
/** Addresses that the client knows in `crash-all`: of more its kernel would forget some (`gc_thresh2`). */
const KNOWN_ADDRESSES = 300;
/** Two seconds after the move: one that is not alive then has said so, or has had no answer for a second. */
const AFTER_MOVE_PROBES = 1_000;

/** What one trial of a case measured: its own figure first. */
type Measured = readonly Pick<Sample, "case" | "unit" | "value">[];
type Trial = (rack: Rack, system: RunningFailoverSystem) => Promise<Measured>;

/** The cases on a rack whose nodes have one interface, by name. */
export const cases: Readonly<Record<string, Trial>> = {
  crash: async (rack, system) => [{ case: "crash", unit: "ms", value: await crash(rack, system, echo.ipv4) }],
  crash6: async (rack, system) => [{ case: "crash6", unit: "ms", value: await crash(rack, system, echo.ipv6) }],
  "crash-all": async (rack, system) => [{ case: "crash-all", unit: "ms", value: await crashAll(rack, system) }],
  kill: (rack, system) =>
    takeover(rack, system, {
      name: "kill",
      act: async (node) => void system.kill?.(node),
      undo: (node) => system.rejoin(node),
    }),
  hang: (rack, system) =>
    takeover(rack, system, {
      name: "hang",
      act: async (node) => system.hang?.(node),
      // A speaker that was hung says for a minute that it stalls, and is waited for: this one starts again.
      async undo(node) {
        await system.kill?.(node);
        await system.rejoin(node);
      },
    }),
  move,
  connections: async (rack, system) => [{ case: "connections", unit: "%", value: await connections(rack, system) }],
};

async function startProbing(rack: Rack, target: string): Promise<Prober> {
  const prober = await Prober.start(rack.client, { mode: "udp", target, port: echo.port, everyMs: PROBE_EVERY_MS });
  await prober.waitForGood(CALM_PROBES);
  return prober;
}

function crash(rack: Rack, system: RunningFailoverSystem, ip: string): Promise<number> {
  return gapOfCut(rack, system, ip, (owner) => rack.cutSilent(owner));
}

/** Milliseconds from a cut of the owner until the client has heard of each address that it knows of it where it is now. */
async function crashAll(rack: Rack, system: RunningFailoverSystem): Promise<number> {
  const owner = await system.untilSteady(echo.ipv4);
  const all = system.addressesOf?.(owner) ?? [];
  const known = all.filter((_, index) => index % Math.ceil(all.length / KNOWN_ADDRESSES) === 0);
  const entries = known.map(
    (ip) => `neigh replace ${ip} lladdr ${owner.mac} nud reachable dev eth0
`,
  );
  await mustRun("entries of the client", rack.client.inside(["ip", "-batch", "-"]), entries.join(""));
  const watch = await NeighborWatch.start(rack.client);
  const { effectiveNs } = await rack.cutSilent(owner);
  const lastNs = await watch.untilAllOtherThan(known, owner.mac, effectiveNs);
  await watch.stop();
  await rack.restore(owner);
  return Number(lastNs - effectiveNs) / 1e6;
}

/** Milliseconds from a cut of the owner to the first answer to a probe sent after it. */
export async function gapOfCut(
  rack: Rack,
  system: RunningFailoverSystem,
  ip: string,
  cut: (owner: Host) => ReturnType<Rack["cutSilent"]>,
): Promise<number> {
  const owner = await system.untilSteady(ip);
  const prober = await startProbing(rack, ip);
  const { effectiveNs } = await cut(owner);
  await prober.waitForGood(CALM_PROBES);
  const gapMs = gapAfter(await prober.stop(), effectiveNs);
  await rack.restore(owner);
  if (gapMs === undefined) throw new Error("no probe was answered after the cut");
  return gapMs;
}

/** Milliseconds from a fault of the owner's process alone until the client learns of another node, and the probes lost. */
async function takeover(
  rack: Rack,
  system: RunningFailoverSystem,
  fault: {
    readonly name: string;
    act(node: Host): Promise<void>;
    undo(node: Host): Promise<void>;
  },
): Promise<Measured> {
  const { name, act, undo } = fault;
  const owner = await system.untilSteady(echo.ipv4);
  const prober = await startProbing(rack, echo.ipv4);
  const watch = await NeighborWatch.start(rack.client);
  let takenMs = NaN;
  const { lost } = await lostWhile(prober, 2 * CALM_PROBES, async (fromNs) => {
    await act(owner);
    takenMs = Number((await watch.untilOtherThan(echo.ipv4, owner.mac, fromNs)) - fromNs) / 1e6;
  });
  await watch.stop();
  await undo(owner);
  return [
    { case: name, unit: "ms", value: takenMs },
    { case: `${name}-lost`, unit: "lost probes", value: lost },
  ];
}

/** Probes lost while the owner's program ends after SIGTERM. */
async function move(rack: Rack, system: RunningFailoverSystem): Promise<Measured> {
  const owner = await system.untilSteady(echo.ipv4);
  const prober = await startProbing(rack, echo.ipv4);
  const { lost } = await lostWhile(prober, 4 * CALM_PROBES, () => system.leave(owner));
  await system.rejoin(owner);
  return [{ case: "move", unit: "lost probes", value: lost }];
}

/** How many percent of open TCP connections live while the owner's program ends after SIGTERM. */
async function connections(rack: Rack, system: RunningFailoverSystem): Promise<number> {
  const owner = await system.untilSteady(echo.ipv4);
  const target = { target: echo.ipv4, port: echo.port };
  const held = await HeldConnections.open(rack.client, { ...target, count: CONNECTIONS, everyMs: 100 });
  const prober = await startProbing(rack, echo.ipv4);
  await system.leave(owner);
  await prober.waitForGood(AFTER_MOVE_PROBES);
  await prober.stop();
  const { alive } = await held.close();
  await system.rejoin(owner);
  return (100 * alive) / CONNECTIONS;
}
