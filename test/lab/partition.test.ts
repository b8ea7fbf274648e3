// Paths that break between nodes, in a rack: who answers the client, which reaches all of them.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { mostOwners } from "#lab/probes/asked-round.ts";
import { echo, startEcho, writeEchoManifests } from "#lab/probes/echo.ts";
import { OwnerWatch } from "#lab/probes/owner-watch.ts";
import { readMetrics } from "#lab/hawser/read-metrics.ts";
import { RackInstallation } from "#lab/hawser/installation.ts";
import type { Host } from "#lab/rack/host.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";

const RELAYED = /^hawser_speaker_problems\{code="HEARTBEATS_RELAYED"\} 1$/m;
const PASSED_ON = /^hawser_speaker_heartbeats_sent_total\{pace="relay"\} (\d+)$/m;

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("13 C paths between nodes break, on a rack of four", () => {
  let rack: Rack;
  let installation: RackInstallation;

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 4 });
    await startEcho(rack);
    installation = await RackInstallation.start({ rack, directory: writeEchoManifests(rack) });
  });

  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await rack.close();
  });

  afterEach(() => rack.heal());

  /** The owner once all see each other, and another node that may announce. */
  async function calm(): Promise<{ readonly owner: Host; readonly other: Host }> {
    await until("all speakers see each other", () =>
      rack.nodes.every(({ name }) => installation.reports().get(name)?.members.length === rack.nodes.length),
    );
    const owner = await installation.untilOwned(echo.ipv4);
    const other = rack.nodes.find(({ name }) => name !== owner && name !== "n3") ?? expect.fail();
    return { owner: rack.host(owner), other };
  }

  function metricsMatch(node: Host, pattern: RegExp): Promise<RegExpExecArray> {
    return until(`${node.name} says ${pattern}`, async () => pattern.exec(await readMetrics(node)) ?? false);
  }

  it.each<{ name: string; breaks: (owner: Host, other: Host) => ReturnType<Rack["heal"]> }>([
    { name: "in both directions", breaks: (owner, other) => rack.partition([owner], [other]) },
    { name: "in one direction", breaks: (owner, other) => rack.oneWay(owner, other) },
  ])(
    "between the owner and another one, $name: one node answers meanwhile, and who does not hear the other tells",
    async ({ breaks }) => {
      const { owner, other } = await calm();
      const watch = await OwnerWatch.start(rack.client, echo.ipv4);
      const { effectiveNs } = await breaks(owner, other);
      await metricsMatch(other, RELAYED);
      const witnesses = rack.nodes.filter((node) => node !== owner && node !== other);
      const passedOn = await Promise.all(witnesses.map((node) => metricsMatch(node, PASSED_ON)));
      expect(passedOn.some(([, count]) => Number(count) > 0)).toBe(true);
      // Without a third one both would answer for as long as the path is broken.
      await watch.untilCalm(effectiveNs);
      await watch.stop();
      await rack.heal();
      await until("nothing is reported any longer", async () => !RELAYED.test(await readMetrics(other)));
    },
  );

  it("around the owner: two answer, and one once all are whole", async () => {
    const { owner } = await calm();
    const watch = await OwnerWatch.start(rack.client, echo.ipv4);
    await rack.partition(
      [owner],
      rack.nodes.filter((node) => node !== owner),
    );
    await until("two answer", () => mostOwners(watch.rounds, 0n) === 2);
    const { effectiveNs } = await rack.heal();
    await watch.untilCalm(effectiveNs);
    await watch.stop();
    // The others are a majority: theirs is the claim that stands.
    expect((await calm()).owner.name).not.toBe(owner.name);
  });
});
