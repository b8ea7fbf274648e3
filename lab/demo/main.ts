// The demo: the main job of Hawser on a rack of three nodes, told step by step. Started inside a rack's namespaces by
// `hawser demo` (by way of lab/enter.js). Options: --json, --keep, --kubernetes, --tour CHAPTER (several times).
import { parseArgs } from "node:util";
import { onInterrupt } from "#lab/rack/on-interrupt.ts";
import { Rack } from "#lab/rack/rack.ts";
import { openFolderWorld } from "./folder-world.ts";
import { shownPage } from "./shown-page.ts";
import type { Stage } from "./stage.ts";
import { jsonTeller, type Teller, textTeller } from "./teller.ts";
import { tour } from "./tour.ts";

const flag = { type: "boolean", default: false } as const;
const list = { type: "string", multiple: true } as const;
const { values } = parseArgs({ options: { json: flag, keep: flag, kubernetes: flag, tour: list } });
const teller = values.json ? jsonTeller() : textTeller();
const startedMs = performance.now();

const interrupted = new Promise<"interrupted">((resolve) => onInterrupt(() => resolve("interrupted")));

/** The demo is over and the rack was left up: now Ctrl-C is its ordinary end. */
let isKept = false;

async function build(): Promise<Stage> {
  teller.chapter("A rack: three nodes, a router and a client at one switch");
  teller.explain(
    "Each is a network namespace, each cable a pair of virtual interfaces; pods are processes on n2 and n3.",
  );
  const rack = await Rack.build({ nodes: 3, controlPlane: values.kubernetes });
  const ms = Math.round(rack.buildMs);
  teller.found(`built in ${ms} ms, without touching the network of this machine`, {
    event: "rack",
    nodes: 3,
    ms,
  });
  // Without it, nothing of the cluster is loaded.
  const open = values.kubernetes ? (await import("./kubernetes-world.ts")).openKubernetesWorld : openFolderWorld;
  const world = await open(rack, teller);
  return { rack, world, teller };
}

/** `page`: the address of the page, where the story has shown it. */
async function keep(stage: Stage, to: Teller, page: string): Promise<void> {
  const { rack, world } = stage;
  const hosts = ["client", "n1", "n2", "n3"].map((name) => rack.host(name));
  const commands = hosts.map((host) => [host.name, rack.enterCommand(host)] as const);
  const { words, directory, status } = world.visit;
  to.chapter("The rack stays up until Ctrl-C");
  to.found("enter it from another terminal:", {
    event: "kept",
    directory,
    status,
    page,
    enter: Object.fromEntries(commands),
  });
  for (const [name, command] of commands) to.show(`${name.padEnd(7)}${command}`);
  to.explain(words);
  to.show(status);
  to.explain("Its page, in a browser on this machine:");
  to.show(page);
  isKept = true;
  await interrupted;
}

async function close({ rack, world }: Stage): Promise<void> {
  await world.close();
  await rack.close();
}

async function story(): Promise<number> {
  const stage = await build();
  const { gapMs, movedLost, page } = await tour(stage, values.tour ?? []);
  if (values.keep) await keep(stage, teller, page ?? (await shownPage(stage)));
  await close(stage);
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
  teller.chapter("Done");
  const costs = [
    ...(gapMs === undefined ? [] : [`a silent death cost the client ${gapMs} ms`]),
    ...(movedLost === undefined ? [] : [`a planned move ${movedLost} probes`]),
    "everything is cleaned up",
  ];
  const figures = { ...(gapMs !== undefined && { gapMs }), ...(movedLost !== undefined && { movedLost }) };
  teller.found(`in ${seconds} s: ${costs.join("; ")}`, { event: "done", ok: true, seconds, ...figures });
  return 0;
}

/** Nothing needs to be undone by hand: with this process its namespaces end, and everything in them. */
async function abandon(): Promise<number> {
  await interrupted;
  if (isKept) return new Promise(() => undefined); // then the demo ends without this
  teller.found("interrupted; the rack is gone", { event: "done", ok: false, error: "interrupted" });
  return 130;
}

function fail(error: Error): number {
  teller.found(`failed: ${error.message}`, { event: "done", ok: false, error: error.message });
  process.stderr.write(`${error.stack}\n`);
  return 1;
}

process.exitCode = await Promise.race([story(), abandon()]).catch(fail);
process.exit();
