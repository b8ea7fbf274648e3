import { setTimeout as sleep } from "node:timers/promises";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { readMetrics } from "#lab/hawser/read-metrics.ts";
import { echo, startEcho, writeEchoManifests } from "#lab/probes/echo.ts";
import { Rack } from "#lab/rack/rack.ts";
import { chosen } from "./chosen.ts";
import { runningHawser } from "./failover/hawser.ts";
import type { RunningFailoverSystem } from "./failover/system.ts";
import { benchOptions, printBenchReport, type Sample } from "./report.ts";

const HOGS = 4;
/** A process that does not run for so long is not to lose its addresses. */
const PAUSE_MS = 40;
const PAUSE_EVERY_MS = 500;
/** A machine that does not run for so long loses them, the first time. */
const MACHINE_PAUSE_MS = 200;
const MACHINE_PAUSE_EVERY_MS = 5_000;
const LOSS_PERCENT = 1;

interface Stressed {
  readonly rack: Rack;
  readonly running: RunningFailoverSystem;
  readonly untilMs: number;
}

/** What is done to healthy speakers, by name; each returns how often it did it, where it can be counted. */
const stresses: Readonly<Record<string, (stressed: Stressed) => Promise<number | undefined>>> = {
  async idle({ untilMs }) {
    await sleep(untilMs - performance.now());
    return undefined;
  },
  async hogs({ rack, untilMs }) {
    const command = ["sh", "-c", "while :; do :; done"];
    const hogs = await Promise.all(
      Array.from({ length: HOGS }, (_, index) => rack.client.spawn({ name: `hog-${index}`, command })),
    );
    await sleep(untilMs - performance.now());
    await Promise.all(hogs.map((hog) => hog.kill()));
    return undefined;
  },
  async pauses({ rack, running, untilMs }) {
    let count = 0;
    for (; performance.now() < untilMs; count++) {
      const node = rack.nodes[count % rack.nodes.length];
      if (node === undefined) break;
      running.hang?.(node);
      await sleep(PAUSE_MS);
      running.resume?.(node);
      await sleep(PAUSE_EVERY_MS - PAUSE_MS);
    }
    return undefined;
  },
  async loss({ rack, untilMs }) {
    for (const node of rack.nodes) await rack.loss(node, LOSS_PERCENT);
    await sleep(untilMs - performance.now());
    await rack.heal();
    return undefined;
  },
  async machine({ rack, running, untilMs }) {
    let count = 0;
    for (; performance.now() < untilMs; count++) {
      const owner = await running.untilSteady(echo.ipv4);
      await rack.cutSilent(owner);
      running.hang?.(owner);
      await sleep(MACHINE_PAUSE_MS);
      await rack.restore(owner);
      running.resume?.(owner);
      await sleep(MACHINE_PAUSE_EVERY_MS);
    }
    return count;
  },
};

/** Takeovers from owners that live: how often under which stress. */
export async function main(args: readonly string[]): Promise<number> {
  const options = benchOptions(args, {
    name: "spurious",
    trials: 1,
    help: "Times that each stress is put on",
    numbers: {
      minutes: { default: 1, most: 600, help: "Minutes of each stress" },
      nodes: { default: 3, most: 100, help: "Nodes of the rack, each with a speaker" },
    },
    texts: { only: `Stresses, with commas: ${Object.keys(stresses).join(", ")}` },
  });
  if (options === undefined) return 0;
  const { minutes = 1, nodes = 3 } = options.numbers;
  const only = chosen(Object.keys(stresses), options.texts["only"], { option: "only" });
  await using rack = await Rack.build({ nodes });
  await startEcho(rack);
  const running = runningHawser(await RackInstallation.start({ rack, directory: writeEchoManifests(rack) }));
  const samples: Sample[] = [];
  for (let trial = 0; trial < options.trials; trial++)
    for (const [name, stress] of Object.entries(stresses)) {
      if (!only.has(name)) continue;
      await running.untilSteady(echo.ipv4);
      const before = await takeovers(rack);
      const count = await stress({ rack, running, untilMs: performance.now() + minutes * 60_000 });
      const taken = (await takeovers(rack)) - before;
      samples.push({ case: name, system: "hawser", unit: `takeovers in ${minutes} min`, value: taken });
      if (count !== undefined) samples.push({ case: `${name}-times`, system: "hawser", unit: "times", value: count });
      console.error(`spurious: ${name}: ${taken} takeovers${count === undefined ? "" : ` of ${count} times`}`);
    }
  await running.stop();
  printBenchReport({ bench: "spurious", options, samples, ratios: [], skipped: [], versions: {} });
  return 0;
}

/** Rounds in which addresses came to a speaker because another one was silent, of all speakers. */
async function takeovers(rack: Rack): Promise<number> {
  const texts = await Promise.all(rack.nodes.map((node) => readMetrics(node)));
  return texts.reduce((sum, text) => {
    const value = /^hawser_speaker_takeovers_total\{.*cause="MemberSilent".*\} (\d+)$/m.exec(text)?.[1];
    if (value === undefined) throw new Error("a speaker does not answer");
    return sum + Number(value);
  }, 0);
}
