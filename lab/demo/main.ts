// The demo: the main job of Hawser on a rack of three nodes, told step by step. Started inside a rack's namespaces by
// `hawser demo` (by way of lab/enter.js). Options: --json, --keep.
import { cpSync, mkdtempSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Installation, readyLine } from "#lab/installation.ts";
import { FolderKubelet } from "#lab/folder-kubelet.ts";
import { onInterrupt } from "#lab/lifeline.ts";
import { Rack } from "#lab/rack.ts";
import { assignment, deadNode, exhausted, owner, pages, plannedMove, type Stage } from "./chapters.ts";
import { jsonTeller, type Teller, textTeller } from "./teller.ts";

const MANIFESTS = fileURLToPath(new URL("manifests", import.meta.url));

const HAWSER = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

const { values } = parseArgs({ options: { json: { type: "boolean" }, keep: { type: "boolean" } } });
const teller = values.json === true ? jsonTeller() : textTeller();
const startedMs = performance.now();

const interrupted = new Promise<"interrupted">((resolve) => onInterrupt(() => resolve("interrupted")));

/** The story is told and the rack was left up: now Ctrl-C is its ordinary end. */
let isKept = false;

/** Nodes that run pods: the first node only announces, so that its death shows what moving an address costs, no more. */
const podNodes = ["n2", "n3"];

async function build(): Promise<Stage> {
  teller.chapter("A rack: three nodes, a router and a client at one switch");
  teller.explain(
    "Each is a network namespace, each cable a pair of virtual interfaces; pods are processes on n2 and n3.",
  );
  const rack = await Rack.build({ nodes: 3 });
  const ms = Math.round(rack.buildMs);
  teller.found(`built in ${ms} ms, without touching the network of this machine`, {
    event: "rack",
    nodes: 3,
    ms,
  });
  const directory = mkdtempSync("/run/hawser-demo-");
  cpSync(MANIFESTS, directory, { recursive: true });
  teller.chapter("Hawser: a controller, a speaker on every node, two ingress proxies as pods");
  const installation = await Installation.start({ rack, directory });
  const ingress = { image: "hawser", command: installation.ingressCommand(), ready: readyLine };
  const kubelet = await FolderKubelet.start({ rack, folder: directory, nodes: podNodes, programs: [ingress] });
  teller.found(`all run on one folder of manifests, ${directory}; ${kubelet.pods.length} pods serve`, {
    event: "started",
    programs: ["controller", "speaker", "ingress"],
    directory,
    pods: kubelet.pods.length,
  });
  return { rack, installation, kubelet, teller };
}

async function tell(stage: Stage): Promise<{ readonly gapMs: number; readonly movedLost: number }> {
  const ip = await assignment(stage);
  const first = await owner(stage, ip);
  await pages(stage, ip);
  const gapMs = await deadNode(stage, ip, first);
  const lostProbes = await plannedMove(stage, ip);
  await exhausted(stage);
  return { gapMs, movedLost: lostProbes };
}

async function keep({ rack, installation: { directory } }: Stage, to: Teller): Promise<void> {
  const hosts = ["client", "n1", "n2", "n3"].map((name) => rack.host(name));
  const commands = hosts.map((host) => [host.name, rack.enterCommand(host)] as const);
  const status = rack.enterCommand(rack.router, [process.execPath, HAWSER, "status", "--manifests", directory]);
  to.chapter("The rack stays up until Ctrl-C");
  to.found("enter it from another terminal:", {
    event: "kept",
    directory,
    status,
    enter: Object.fromEntries(commands),
  });
  for (const [name, command] of commands) to.show(`${name.padEnd(7)}${command}`);
  to.explain(
    `The manifests are in ${directory}, a folder that only the rack sees: change them in such a shell, and see`,
  );
  to.show(status);
  isKept = true;
  await interrupted;
}

async function close({ rack, installation, kubelet }: Stage): Promise<void> {
  await kubelet.close();
  await installation[Symbol.asyncDispose]();
  await rack.close();
}

async function story(): Promise<number> {
  const stage = await build();
  const figures = await tell(stage);
  if (values.keep === true) await keep(stage, teller);
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
  if (isKept) return new Promise(() => undefined); // the story ends by itself then
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
