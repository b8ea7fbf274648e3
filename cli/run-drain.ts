import { setTimeout as sleep } from "node:timers/promises";
import { counted } from "#src/model/counted.ts";
import { DRAIN_ANNOTATION } from "#src/model/node.ts";
import { oneLine } from "#src/model/one-line.ts";
import { monotonicMs, wallMs } from "#src/process/clock.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import { type DrainedAddress, type DrainPlan, planDrain } from "#src/view/plan-drain.ts";
import { annotateNode } from "./annotate-node.ts";
import { lookOptions } from "./look-options.ts";
import { formOf, outputOptions } from "./output-options.ts";
import { objectsByKey } from "./objects-by-key.ts";
import { type DrainRow, drainAsJson, printDrain } from "./print-drain.ts";
import { printOutput } from "./print-output.ts";
import { readDurationOption } from "./read-duration-option.ts";
import { seeInstallation } from "./see-installation.ts";

/** Its options. */
export const drainOptions = {
  dryRun: { kind: "boolean", help: "Show which node would take which address, and change nothing" },
  undo: { kind: "boolean", help: "End it: the node may announce addresses again" },
  timeout: {
    kind: "string",
    default: "60s",
    placeholder: "DURATION",
    help: "Wait so long for the others to take over; the speakers go on after that",
  },
  ...lookOptions("Show"),
  ...outputOptions("one object with node, moved, kept and unfinished"),
} as const satisfies OptionSpecs;

type Options = OptionValues<typeof drainOptions>;

const command = "hawser drain";
const about = `Makes other nodes take over the addresses that NODE announces, and waits until they have. No packet is lost: NODE answers until
its successor does. It keeps an address that no other node can announce. The node stays drained, also over restarts, until
hawser drain NODE --undo. kubectl cordon and kubectl drain are about pods, and move no address. docs/layer2.md says more.

It writes the annotation hawser.dev/drain on the Node, in a folder of manifests into its status file, which all speakers obey.
Exit code: 0 when the node announces nothing any longer, or with --dry-run would not; 1 when it keeps an address; 2 for
wrong options.`;

/** How often it is looked what the speakers do. */
const LOOK_MS = 500;

/** Runs `hawser drain`. Resolves with the exit code. */
export async function runDrain(args: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(drainOptions, args, io, { command, about, rest: "NODE" });
  if (read.kind === "exit") return read.code;
  const { values: options, rest } = read;
  const call = readCall(options, rest);
  if (typeof call === "string") {
    io.stderr.write(`${oneLine(`${command}: ${call}`)}\nSee ${command} --help\n`);
    return EXIT_USAGE;
  }
  const { node } = call;
  const first = await look(options, node, io);
  if (typeof first === "number") return first;
  if (options.undo) return undo(options, node, io);
  const rows = options.dryRun ? first.addresses.map(foretoldRow) : await drain(options, { ...call, io, first });
  if (rows === undefined) return 1;
  const output = {
    documents: () => [drainAsJson(node, rows, options.dryRun)],
    text: (isWide: boolean) => printDrain(node, rows, { isDryRun: options.dryRun, isWide }),
    names: () =>
      objectsByKey(
        "Service",
        rows.flatMap(({ services }) => services),
      ),
  };
  io.stdout.write(printOutput(formOf(options), output));
  return rows.every(({ result }) => result === "moved") ? 0 : 1;
}

interface Call {
  readonly node: string;
  readonly timeoutMs: number;
}

/** A text says what is wrong with the call. */
function readCall({ timeout, dryRun, undo: isUndone }: Options, [node, ...more]: readonly string[]): Call | string {
  if (node === undefined || more.length > 0) return "give the name of one NODE";
  if (dryRun && isUndone) return "--dry-run shows what a drain would do: give it without --undo";
  const timeoutMs = readDurationOption("--timeout", timeout);
  return typeof timeoutMs === "string" ? timeoutMs : { node, timeoutMs };
}

type Foretold = Extract<DrainPlan, { readonly ok: true }>;

/** What would become of the node's addresses; or the exit code, after saying why that is not known. */
async function look(options: Options, node: string, io: ProgramIo): Promise<Foretold | number> {
  const seen = await seeInstallation(options, { command, io });
  if (!seen.ok) return seen.code;
  const plan = planDrain(seen.input, node);
  if (plan.ok) return plan;
  io.stderr.write(`${oneLine(`${command}: ${plan.why}`)}\n`);
  return 1;
}

async function undo(options: Options, node: string, io: ProgramIo): Promise<number> {
  if (!(await annotateNode(options, { command, io, node, name: DRAIN_ANNOTATION, value: undefined }))) return 1;
  io.stderr.write(`${oneLine(`Node ${node} may announce addresses again. hawser rebalance spreads them now.`)}\n`);
  return 0;
}

function foretoldRow({ address, services, to, why }: DrainedAddress): DrainRow {
  return { address, services, to, result: to === undefined ? "kept" : "moved", why };
}

interface Drain extends Call {
  readonly io: ProgramIo;
  readonly first: Foretold;
}

/** Asks for it, and waits until the node announces only what no other can. Undefined where it cannot be asked for. */
async function drain(
  options: Options,
  { node, timeoutMs, io, first }: Drain,
): Promise<readonly DrainRow[] | undefined> {
  const value = new Date(wallMs()).toISOString();
  if (!(await annotateNode(options, { command, io, node, name: DRAIN_ANNOTATION, value }))) return undefined;
  const ending = new AbortController();
  io.onSignal(() => ending.abort());
  const { signal } = ending;
  const startMs = monotonicMs();
  let told = "";
  for (let isFirst = true; ; isFirst = false) {
    if (!isFirst) await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    const now = await look(options, node, io);
    if (typeof now === "number") return undefined;
    const going = now.addresses.filter(({ to }) => to !== undefined);
    const staying = now.addresses.length - going.length;
    const said = `${first.addresses.length - now.addresses.length} of ${counted(first.addresses.length, "address", "addresses")} moved away from ${node}${staying === 0 ? "" : `, ${staying} can only be announced there`}`;
    if (said !== told) io.stderr.write(`${oneLine(said)}\n`);
    told = said;
    const isDone = now.isHeard && going.length === 0;
    const why = signal.aborted ? "interrupted" : `not within ${timeoutMs / 1_000} s`;
    if (!isDone && now.addresses.length > 0 && !signal.aborted && monotonicMs() - startMs < timeoutMs) continue;
    const left = new Map(now.addresses.map((one) => [one.address, one]));
    return first.addresses.map((one): DrainRow => {
      const still = left.get(one.address);
      if (still === undefined) return { ...one, result: "moved", why: "" };
      if (still.to === undefined) return { ...one, to: undefined, result: "kept", why: still.why };
      return { ...one, result: "unfinished", why: `${why}: node ${still.to} has not taken it over yet` };
    });
  }
}
