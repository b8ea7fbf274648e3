import { setTimeout as sleep } from "node:timers/promises";
import { counted } from "#src/model/counted.ts";
import { REBALANCE_ANNOTATION } from "#src/model/node.ts";
import { oneLine } from "#src/model/one-line.ts";
import { monotonicMs, wallMs } from "#src/process/clock.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import { planRebalance, type RebalancedAddress, type RebalancePlan } from "#src/view/plan-rebalance.ts";
import { annotateNode } from "./annotate-node.ts";
import { lookOptions } from "./look-options.ts";
import { objectsByKey } from "./objects-by-key.ts";
import { formOf, outputOptions } from "./output-options.ts";
import { printOutput } from "./print-output.ts";
import { printRebalance } from "./print-rebalance.ts";
import { readDurationOption } from "./read-duration-option.ts";
import { seeInstallation } from "./see-installation.ts";

/** Its options. */
export const rebalanceOptions = {
  dryRun: { kind: "boolean", help: "Show which addresses would move where, and change nothing" },
  timeout: {
    kind: "string",
    default: "120s",
    placeholder: "DURATION",
    help: "Stop after so long; what has moved by then stays where it is",
  },
  ...lookOptions("Show"),
  ...outputOptions("one object with moved and unmoved"),
} as const satisfies OptionSpecs;

type Options = OptionValues<typeof rebalanceOptions>;

const command = "hawser rebalance";
const about = `Spreads addresses evenly over the nodes that may announce them, at once instead of after --fail-back-after of the speakers:
preferred nodes first, then from nodes with more addresses to nodes with fewer. It moves no more than that takes, some
addresses a second. No packet is lost: a node answers until the one after it does. docs/layer2.md says more.

It writes the annotation hawser.dev/rebalance on the Nodes, in a folder of manifests into their status files, and takes it back at
the end. Nothing moves while a speaker starts, ends or is not heard.
Exit code: 0 when the addresses are spread, with --dry-run also before that; 1 when they are not; 2 for wrong options.`;

/** How often it is looked what the speakers do. */
const LOOK_MS = 500;
/** The last reports of a move may be on their way. */
const LAST_LOOKS = 3;
/** What was asked for ends so long after it is given up, where it cannot be taken back. */
const GRACE_MS = 30_000;

/** Runs `hawser rebalance`. Resolves with the exit code. */
export async function runRebalance(args: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(rebalanceOptions, args, io, { command, about });
  if (read.kind === "exit") return read.code;
  const options = read.values;
  const timeoutMs = readDurationOption("--timeout", options.timeout);
  if (typeof timeoutMs === "string") {
    io.stderr.write(`${oneLine(`${command}: ${timeoutMs}`)}\nSee ${command} --help\n`);
    return EXIT_USAGE;
  }
  const first = await look(options, io);
  if (typeof first === "number") return first;
  const isDone = options.dryRun || first.moves.length === 0;
  const left = isDone ? first.moves : await rebalance(options, { timeoutMs, io, first });
  if (left === undefined) return 1;
  const unmoved = new Set(options.dryRun ? [] : left.map(({ address }) => address));
  const moved = first.moves.filter(({ address }) => !unmoved.has(address));
  const rest = options.dryRun ? [] : left;
  const output = {
    documents: () => [{ dryRun: options.dryRun, moved, unmoved: rest }],
    text: () => printRebalance({ moved, unmoved: rest, isDryRun: options.dryRun }),
    names: () =>
      objectsByKey(
        "Service",
        moved.flatMap(({ services }) => services),
      ),
  };
  io.stdout.write(printOutput(formOf(options), output));
  return rest.length === 0 ? 0 : 1;
}

type Foretold = Extract<RebalancePlan, { readonly ok: true }>;

/** What would move; or the exit code, after saying why that is not known. */
async function look(options: Options, io: ProgramIo): Promise<Foretold | number> {
  const seen = await seeInstallation(options, { command, io });
  if (!seen.ok) return seen.code;
  const plan = planRebalance(seen.input);
  if (plan.ok) return plan;
  io.stderr.write(`${oneLine(`${command}: ${plan.why}`)}\n`);
  return 1;
}

interface Rebalance {
  readonly timeoutMs: number;
  readonly io: ProgramIo;
  readonly first: Foretold;
}

/** Asks for it, waits, and takes the wish back. What is left to move; undefined where it cannot be asked for. */
async function rebalance(
  options: Options,
  { timeoutMs, io, first }: Rebalance,
): Promise<readonly RebalancedAddress[] | undefined> {
  const value = new Date(wallMs() + timeoutMs + GRACE_MS).toISOString();
  const ask = async (node: string, text: string | undefined) =>
    annotateNode(options, { command, io, node, name: REBALANCE_ANNOTATION, value: text });
  const asked: string[] = [];
  for (const node of first.nodes) if (await ask(node, value)) asked.push(node);
  const left = asked.length === first.nodes.length ? await waitFor(options, { timeoutMs, io, first }) : undefined;
  for (const node of asked) await ask(node, undefined);
  return left;
}

async function waitFor(
  options: Options,
  { timeoutMs, io, first }: Rebalance,
): Promise<readonly RebalancedAddress[] | undefined> {
  const ending = new AbortController();
  io.onSignal(() => ending.abort());
  const { signal } = ending;
  const startMs = monotonicMs();
  let told = "";
  for (let calm = 0; ;) {
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    const now = await look(options, io);
    if (typeof now === "number") return undefined;
    const said = `${counted(now.moves.length, "address", "addresses")} of ${first.moves.length} still to move`;
    if (said !== told) io.stderr.write(`${oneLine(said)}\n`);
    told = said;
    calm = now.moves.length === 0 ? calm + 1 : 0;
    if (calm >= LAST_LOOKS || signal.aborted || monotonicMs() - startMs >= timeoutMs) return now.moves;
  }
}
