import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { heartbeatCounts } from "#lab/hawser/heartbeat-counts.ts";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { echo, startEcho, writeEchoManifests } from "#lab/probes/echo.ts";
import { gapAfter } from "#lab/probes/gap.ts";
import { Prober } from "#lab/probes/prober.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";
import { watchersOf } from "#src/election/watchers.ts";
import { MAX_STALL_MS } from "#src/wire/heartbeat.ts";

// More speakers: npm run bench -- mesh, and test/speaker/watching.test.ts without a rack.
const SIZES = [3, 10];
const MOST = Math.max(...SIZES);
/** At each tick of 10 ms one for each of five watchers, and one for one of the others at most. */
const MOST_PER_SECOND = 600;
/** One that announces nothing sends half as many; there are two addresses here. */
const MOST_ANNOUNCING = 2;
/** Starting speakers say more; on a busy machine ticks may come late, and never more often. */
const SLACK = 1.1;
const COUNTED_MS = 3_000;
const CALM_PROBES = 50;
/** As in failover.test.ts: speakers that stall say so, and are waited for. */
const LONGEST_GAP_MS = 500 + MAX_STALL_MS;

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("speakers on a rack of many nodes", () => {
  let rack: Rack;
  let installation: RackInstallation;
  let running = 0;

  beforeAll(async () => {
    rack = await Rack.build({ nodes: MOST });
    await startEcho(rack);
    installation = await RackInstallation.start({ rack, directory: writeEchoManifests(rack), speakers: [] });
  });

  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await rack.close();
  });

  afterEach(() => rack.heal());

  /** Starts speakers until so many run, and waits until each of them knows of all. */
  async function grow(count: number): Promise<void> {
    // Some at a time: this machine has few cores.
    for (; running < count; running += 1) await installation.startSpeaker(`n${running + 1}`);
    await until(
      `all ${count} speakers see each other`,
      () => [...installation.reports().values()].filter(({ members }) => members.length === count).length === count,
      { timeoutMs: 60_000 },
    );
  }

  async function perSecond(count: number): Promise<readonly number[]> {
    const nodes = rack.nodes.slice(0, count);
    const read = () => Promise.all(nodes.map(async (node) => [(await heartbeatCounts(node)).sent, performance.now()]));
    const before = await read();
    await sleep(COUNTED_MS);
    const after = await read();
    return after.map(([sent = 0, atMs = 0], index) => {
      const [sentBefore = 0, beforeMs = 0] = before[index] ?? [];
      return ((sent - sentBefore) * 1_000) / (atMs - beforeMs);
    });
  }

  it.each(SIZES.map((size) => ({ size })))(
    "A7 each of $size sends a bounded number of heartbeats",
    async ({ size }) => {
      await grow(size);
      const bound = Math.min(100 * (size - 1), MOST_PER_SECOND) * SLACK;
      const seen: number[] = [];
      // Who suspects another one sends more, which passes.
      await until("those that announce nothing send half as many", async () => {
        const rates = await perSecond(size);
        console.log(`${size} speakers: ${rates.map(Math.round).join(" ")} heartbeats a second`);
        seen.push(...rates);
        return rates.filter((rate) => rate > bound / 2).length <= MOST_ANNOUNCING;
      });
      for (const rate of seen) expect(rate).toBeLessThan(bound);
    },
  );

  it.each([
    { family: "IPv4", target: echo.ipv4 },
    { family: "IPv6", target: echo.ipv6 },
  ])("A7 of 10 one takes $family over from an owner that went silent: one that watched it", async ({ target }) => {
    await grow(MOST);
    const owner = rack.host(await installation.untilOwned(target));
    const prober = await Prober.start(rack.client, { mode: "udp", target, port: echo.port, everyMs: 2 });
    await prober.waitForGood(CALM_PROBES);
    const { effectiveNs } = await rack.cutSilent(owner);
    await prober.waitForGood(CALM_PROBES);
    const gapMs = gapAfter(await prober.stop(), effectiveNs);
    console.log(`${target}: ${gapMs} ms`);
    expect(gapMs).toBeLessThan(LONGEST_GAP_MS);
    const isOther = (node: string): boolean => node !== owner.name;
    await until("one other announces", () => installation.announcers(target).filter(isOther).length === 1);
    const [heir] = installation.announcers(target).filter(isOther);
    const members = rack.nodes.map(({ name }) => ({ node: name, ready: true, leaving: false, subnets: [] }));
    expect(watchersOf({ node: owner.name, subnets: [] }, members)).toContain(heir);
    await rack.restore(owner);
    await until(
      "the owner before sees all again",
      () => installation.reports().get(owner.name)?.members.length === MOST,
    );
    // It does not go back; that one that stalls on a busy machine hands it on is no matter here.
    expect(await installation.untilOwned(target)).not.toBe(owner.name);
  });
});
