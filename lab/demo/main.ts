// The demo: the main job of Hawser on a rack of three nodes, told step by step. Started inside a rack's namespaces by
// `hawser demo` (by way of lab/enter.js). Options: --json, --keep, --kubernetes.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { onInterrupt } from "#lab/rack/on-interrupt.ts";
import { Rack } from "#lab/rack/rack.ts";
import { assignment, deadNode, exhausted, owner, pages, plannedMove, type Stage } from "./chapters.ts";
import { openFolderWorld } from "./folder-world.ts";
import { openKubernetesWorld } from "./kubernetes-world.ts";
import type { DemoWorld } from "./world.ts";
import { jsonTeller, type Teller, textTeller } from "./teller.ts";

const PAGE = fileURLToPath(new URL("page-main.ts", import.meta.url));
const flag = { type: "boolean", default: false } as const;
const { values } = parseArgs({ options: { json: flag, keep: flag, kubernetes: flag } });
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
  const world = await (values.kubernetes ? openKubernetesWorld : openFolderWorld)(rack, teller);
  return { rack, world, teller };
}

async function tell(stage: Stage): Promise<{ readonly gapMs: number; readonly movedLost: number }> {
  const ip = await assignment(stage);
  await owner(stage, ip);
  await pages(stage, ip);
  const gapMs = await deadNode(stage, ip);
  const lostProbes = await plannedMove(stage, ip);
  await exhausted(stage);
  return { gapMs, movedLost: lostProbes };
}

async function keep({ rack, world }: Stage, to: Teller): Promise<void> {
  const hosts = ["client", "n1", "n2", "n3"].map((name) => rack.host(name));
  const commands = hosts.map((host) => [host.name, rack.enterCommand(host)] as const);
  const { words, directory, status } = world.visit;
  const page = await openPage(world.visit.page);
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
  if (page !== undefined) {
    to.explain("Its page, in a browser on this machine:");
    to.show(page);
  }
  isKept = true;
  await interrupted;
}

/** Starts the page where the command outside of the rack relays it; resolves with its address. */
async function openPage({ host, options }: DemoWorld["visit"]["page"]): Promise<string | undefined> {
  const [port, socket] = (process.env["HAWSER_DEMO_PAGE"] ?? "").split(" ");
  if (port === undefined || socket === undefined) return undefined;
  const command = [process.execPath, PAGE, socket, port, ...options];
  const { lines } = await host.spawn({ name: "page", command, ready: /^page http/ });
  return lines.find((line) => line.startsWith("page http"))?.slice("page ".length);
}

async function close({ rack, world }: Stage): Promise<void> {
  await world.close();
  await rack.close();
}

async function story(): Promise<number> {
  const stage = await build();
  const figures = await tell(stage);
  if (values.keep) await keep(stage, teller);
  await close(stage);
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
  teller.chapter("Done");
  const cost = `a silent death cost the client ${figures.gapMs} ms, a planned move ${figures.movedLost} probes`;
  teller.found(`in ${seconds} s: ${cost}; everything is cleaned up`, { event: "done", ok: true, seconds, ...figures });
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
