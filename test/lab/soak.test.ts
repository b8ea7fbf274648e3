// Random faults and orders, one after the other, for as many minutes as HAWSER_SOAK says: HAWSER_SOAK=10 npm run test:long -- test/lab/soak.test.ts
// HAWSER_SOAK_SEED plays the same ones again.
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryMb } from "#bench/scale/writes.ts";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { echo, startEcho, writeEchoManifests } from "#lab/probes/echo.ts";
import { lostWhile } from "#lab/probes/lost-while.ts";
import { OwnerWatch } from "#lab/probes/owner-watch.ts";
import { Prober } from "#lab/probes/prober.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";
import { MAX_STALL_MS } from "#src/wire/heartbeat.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const ADDRESSES = [echo.ipv4, echo.ipv6];
/** The endpoint is on n3, whose speaker is never touched. */
const CANDIDATES = ["n1", "n2", "n4"];
const CALM_PROBES = 50;
const PROBE_EVERY_MS = 2;
/** As in failover.test.ts: speakers that stall say so, and are waited for. A node that comes back may answer once more, until it hears the others. */
const MOST_LOST = (2 * (500 + MAX_STALL_MS)) / PROBE_EVERY_MS;
/** What a program that is never restarted may grow by after its first rounds: garbage that is not collected yet. */
const MOST_GROWTH_MB = 48;
/** A program has its working set by then. */
const WARM_ROUNDS = 5;

const minutes = Number(process.env["HAWSER_SOAK"] ?? 0);
const seed = Number(process.env["HAWSER_SOAK_SEED"] ?? Date.now() % 1_000_000);
const hasRack = process.env["HAWSER_RACK"] === "1";
if (hasRack && !(minutes > 0)) console.warn("SKIPPED the soak: HAWSER_SOAK says for how many minutes");

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function chances(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe.skipIf(!hasRack || !(minutes > 0))(`13 a soak of ${minutes} minutes, HAWSER_SOAK_SEED=${seed}`, () => {
  let rack: Rack;
  let installation: RackInstallation;
  const chance = chances(seed);

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 4 });
    await startEcho(rack);
    installation = await RackInstallation.start({ rack, directory: writeEchoManifests(rack) });
  });
  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await rack.close();
  });

  function pick<T>(list: readonly T[]): T {
    return list[Math.floor(chance() * list.length)] ?? expect.fail("an empty list");
  }

  /** All see each other, and each address has one owner, for the client as well. */
  async function atRest(): Promise<void> {
    await until("all speakers stand for election and see each other", () =>
      rack.nodes.every(({ name }) => {
        const report = installation.reports().get(name);
        return report?.ready === true && report.members.length === rack.nodes.length;
      }),
    );
    for (const ip of ADDRESSES) await installation.untilOwned(ip);
  }

  async function hawser(...args: readonly string[]): Promise<void> {
    const { code, stderr } = await rack.router.run([
      process.execPath,
      CLI,
      ...args,
      "--manifests",
      installation.directory,
    ]);
    expect([args.join(" "), code, stderr]).toEqual([args.join(" "), 0, expect.any(String)]);
  }

  /** Resolves once another node announces what this one did, if it did. */
  async function untilSucceeded(node: string): Promise<void> {
    const isElsewhere = (ip: string): boolean => installation.announcers(ip).some((one) => one !== node);
    await until(`others announce what ${node} did`, () => ADDRESSES.every(isElsewhere));
  }

  /** What is done to a node, and undone; and how many probes of each family it may cost. */
  const acts: Readonly<Record<string, { readonly mostLost: number; act(node: string): Promise<unknown> }>> = {
    "cut silently": {
      mostLost: MOST_LOST,
      act: async (node) => {
        await rack.cutSilent(rack.host(node));
        await untilSucceeded(node);
        await rack.restore(rack.host(node));
      },
    },
    "cable pulled": {
      mostLost: MOST_LOST,
      act: async (node) => {
        await rack.cutCable(rack.host(node));
        await untilSucceeded(node);
        await rack.restore(rack.host(node));
      },
    },
    "cut off from one other": {
      mostLost: MOST_LOST,
      act: async (node) => {
        const other = pick(CANDIDATES.filter((one) => one !== node));
        await rack.partition([rack.host(node)], [rack.host(other)]);
        await rack.heal();
      },
    },
    // The kernel of a node goes on forwarding while its speaker does not run.
    hung: {
      mostLost: 0,
      act: async (node) => {
        installation.speaker(node).hang();
        await untilSucceeded(node);
        installation.speaker(node).resume();
      },
    },
    killed: {
      mostLost: 0,
      act: async (node) => {
        await installation.speaker(node).kill();
        await untilSucceeded(node);
        await installation.startSpeaker(node);
      },
    },
    restarted: {
      mostLost: 0,
      act: async (node) => {
        await installation.speaker(node).stop();
        await installation.startSpeaker(node);
      },
    },
    drained: {
      mostLost: 0,
      act: async (node) => {
        await hawser("drain", node);
        await hawser("drain", node, "--undo");
      },
    },
    rebalanced: { mostLost: 0, act: () => hawser("rebalance") },
  };

  /** How many probes are lost of each family while something is done to a node, and until all is at rest again. */
  async function lostIn(act: () => Promise<unknown>): Promise<readonly number[]> {
    const started = ADDRESSES.map(async (target) => {
      const prober = await Prober.start(rack.client, { mode: "udp", target, port: echo.port, everyMs: PROBE_EVERY_MS });
      await prober.waitForGood(CALM_PROBES);
      return prober;
    });
    const probers = await Promise.all(started);
    const acted = Promise.withResolvers<unknown>();
    const counted = probers.map((prober) => lostWhile(prober, 4 * CALM_PROBES, () => acted.promise));
    await act();
    await atRest();
    acted.resolve(undefined);
    return (await Promise.all(counted)).map(({ lost }) => lost);
  }

  /** MB in RAM of the programs that are never restarted. */
  function memory(): Readonly<Record<string, number>> {
    return {
      controller: memoryMb(installation.controller.pid).rss,
      speaker: memoryMb(installation.speaker("n3").pid).rss,
    };
  }

  it(
    "one owner at rest after each, few probes lost in faults, none in planned moves, no memory that grows",
    {
      timeout: minutes * 60_000 + 300_000,
    },
    async () => {
      const endMs = performance.now() + minutes * 60_000;
      const watch = await OwnerWatch.start(rack.client, echo.ipv4);
      let warm: Readonly<Record<string, number>> | undefined;
      let rounds = 0;
      await atRest();
      for (; performance.now() < endMs || rounds <= WARM_ROUNDS; rounds++) {
        const [what, { mostLost, act }] = pick(Object.entries(acts));
        const node = pick(CANDIDATES);
        const lost = await lostIn(() => act(node));
        console.log(`round ${rounds + 1}: ${node} ${what}: ${lost.join(" and ")} probes lost`);
        expect(Math.max(...lost), `round ${rounds + 1}: ${node} ${what}`).toBeLessThanOrEqual(mostLost);
        await watch.untilCalm(process.hrtime.bigint());
        if (rounds === WARM_ROUNDS) warm = memory();
      }
      await watch.stop();
      const after = memory();
      console.log(`${rounds} rounds, MB in RAM: ${JSON.stringify(warm)}, then ${JSON.stringify(after)}`);
      for (const [program, mb] of Object.entries(after))
        expect(mb - (warm?.[program] ?? 0), program).toBeLessThan(MOST_GROWTH_MB);
    },
  );
});
