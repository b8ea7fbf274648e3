import { oneLine } from "#src/model/one-line.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { type Ip, parseIp } from "#src/ip/address.ts";
import { parseGoDuration } from "#src/model/go-duration.ts";
import { keyOf } from "#src/model/object.ts";
import { monotonicMs } from "#src/process/clock.ts";
import { createLogger } from "#src/process/log.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import { FolderObjectEditor } from "#src/source/folder/folder-object-editor.ts";
import { ClusterObjectEditor } from "#src/source/kubernetes/cluster-object-editor.ts";
import { findApiConfig } from "#src/source/kubernetes/kubeconfig/find-config.ts";
import type { ObjectEditor } from "#src/source/object-editor.ts";
import type { ExplainInput } from "#src/view/explain-context.ts";
import { findService } from "#src/view/explain-subject.ts";
import { planRelease, type ReleaseWish, type ServiceRelease } from "#src/view/plan-release.ts";
import { lookOptions } from "./look-options.ts";
import { objectsByKey } from "./objects-by-key.ts";
import { formOf, outputOptions } from "./output-options.ts";
import { printLines } from "./print-lines.ts";
import { printOutput } from "./print-output.ts";
import { printRelease, type ReleaseRow } from "./print-release.ts";
import { releaseService, type ReleaseWorld } from "./release-service.ts";
import { isPlanBlind, seeInstallation } from "./see-installation.ts";

/** Its options. */
export const releaseOptions = {
  pool: {
    kind: "string",
    placeholder: "NAME",
    help: "Release all addresses of this pool, which is gone or disabled, or those that it no longer contains",
  },
  address: {
    kind: "string",
    placeholder: "IP",
    help: "Release exactly this address, also one that a pool contains; of all Services that have it, or of those named",
  },
  dryRun: { kind: "boolean", help: "Show which Services would get which addresses, and change nothing" },
  pause: { kind: "string", default: "1s", placeholder: "DURATION", help: "Wait so long before the next Service" },
  timeout: {
    kind: "string",
    default: "60s",
    placeholder: "DURATION",
    help: "Stop when one Service takes longer; what the controller has begun it finishes",
  },
  ...lookOptions("Release addresses of"),
  ...outputOptions("one object with released, kept, unfinished and untried"),
} as const satisfies OptionSpecs;

type Options = OptionValues<typeof releaseOptions>;

const command = "hawser release";
const about = `Makes Services give up addresses, one Service at a time: of the Services named those that no pool contains any longer
(orphaned), or all of a pool that is gone or disabled, or one address. Each Service gets another address first and keeps the old
one until a speaker answers for the new one. Where no other address can be had, it keeps what it has. docs/release.md says more.

SERVICE is NAMESPACE/NAME, or its NAME where only one Service has it.
It writes the annotation hawser.dev/release-addresses on the Service, in a folder into its status file, and the controller obeys it. Ctrl-C, or
--timeout, takes it back where the controller has not begun, otherwise the controller finishes that Service; the others are not touched.
Exit code: 0 when all were released, or there was nothing to release; 1 when one was not; 2 for wrong options.`;

const LONGEST_MS = 86_400_000;

/** Runs `hawser release`. Resolves with the exit code. */
export async function runRelease(args: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(releaseOptions, args, io, { command, about, rest: "[SERVICE...]" });
  if (read.kind === "exit") return read.code;
  const { values: options, rest } = read;
  const call = readCall(options, rest);
  if (typeof call === "string") {
    io.stderr.write(`${command}: ${call}\nSee ${command} --help\n`);
    return EXIT_USAGE;
  }
  const seen = await seeInstallation(options, { command, io });
  if (!seen.ok) return seen.code;
  const { input } = seen;
  const wish = isPlanBlind(input) ? "it may not be read what the controller decides from" : wishOf(input, call, rest);
  const plan = typeof wish === "string" ? { ok: false as const, why: wish } : planRelease(input, wish);
  if (!plan.ok) {
    io.stderr.write(`${oneLine(`${command}: ${plan.why}`)}\n${printLines(input.problems)}`);
    return 1;
  }
  for (const note of plan.notes) io.stderr.write(`${oneLine(note)}\n`);
  const rows = options.dryRun
    ? plan.releases.flatMap(foretoldRows)
    : await releaseAll(plan.releases, { options, call, io });
  if (rows === undefined) return 1;
  const output = {
    documents: () => [asJson(rows, options.dryRun)],
    text: (isWide: boolean) => printRelease(rows, options.dryRun, isWide),
    names: () =>
      objectsByKey(
        "Service",
        rows.map(({ service }) => service),
      ),
  };
  io.stdout.write(printOutput(formOf(options), output));
  return rows.every(({ result }) => result === "released") ? 0 : 1;
}

/** What a call says, besides the Services that it names. */
interface Call {
  readonly address: Ip | undefined;
  readonly pool: string | undefined;
  readonly pauseMs: number;
  readonly timeoutMs: number;
}

/** A text says what is wrong with the call. */
function readCall(options: Options, services: readonly string[]): Call | string {
  const { pool, address: text, pause, timeout } = options;
  const address = text === undefined ? undefined : parseIp(text);
  if (text !== undefined && address === undefined) return `"${text}" is not an IP address`;
  if (pool !== undefined && (text !== undefined || services.length > 0))
    return "--pool is for all addresses of a pool: give it without --address and without a SERVICE";
  if (pool === undefined && text === undefined && services.length === 0)
    return "name a SERVICE, or give --pool or --address";
  const [pauseMs = Infinity, timeoutMs = Infinity] = [parseGoDuration(pause), parseGoDuration(timeout)];
  if (pauseMs > LONGEST_MS) return `--pause ${pause} is not a duration such as 1s, up to 24h`;
  if (timeoutMs === 0 || timeoutMs > LONGEST_MS) return `--timeout ${timeout} is not a duration such as 60s, up to 24h`;
  return { address, pool, pauseMs, timeoutMs };
}

function wishOf(
  { services = [] }: ExplainInput,
  { address, pool }: Call,
  names: readonly string[],
): ReleaseWish | string {
  const keys = new Set(services.map(({ metadata }) => keyOf(metadata)));
  const found: string[] = [];
  for (const name of names) {
    const service = findService(name, keys);
    if (!service.ok) return service.why ?? `there is no Service "${name}"`;
    found.push(service.key);
  }
  return { services: found, address, pool };
}

function foretoldRows({ service, addresses }: ServiceRelease): readonly ReleaseRow[] {
  return addresses.map(({ from, to, why }) => ({
    service,
    from,
    to,
    result: why === undefined ? "released" : "kept",
    why: why ?? "",
  }));
}

interface Surroundings {
  readonly options: Options;
  readonly call: Call;
  readonly io: ProgramIo;
}

/** Releases one Service after the other. Undefined where Services cannot be edited, after saying why. */
async function releaseAll(
  releases: readonly ServiceRelease[],
  { options, call, io }: Surroundings,
): Promise<readonly ReleaseRow[] | undefined> {
  const editor = await openEditor(options, io);
  if (editor === undefined) return undefined;
  const ending = new AbortController();
  const { signal } = ending;
  io.onSignal(() => ending.abort());
  const pause = async (ms: number): Promise<void> => sleep(ms, undefined, { signal }).catch(() => undefined);
  const world = { editor, timeoutMs: call.timeoutMs, signal, nowMs: monotonicMs, sleep: pause };
  const rows: ReleaseRow[] = [];
  let [isOver, isFirst] = [false, true];
  for (const [at, release] of releases.entries()) {
    rows.push(...foretoldRows(release).filter(({ result }) => result === "kept"));
    const addresses = release.addresses.filter(({ why }) => why === undefined).map(({ from }) => from);
    if (addresses.length === 0) continue;
    if (!isFirst && !isOver) await pause(call.pauseMs);
    isFirst = false;
    isOver ||= signal.aborted;
    const { service } = release;
    if (isOver) {
      rows.push(...addresses.map((from): ReleaseRow => ({ service, from, to: undefined, result: "untried", why: "" })));
      continue;
    }
    const place = `${at + 1} of ${releases.length}: ${service}`;
    const done = await releaseOne(
      { service, addresses },
      { world, say: (text) => io.stderr.write(`${oneLine(`${place} ${text}`)}\n`) },
    );
    rows.push(...done.rows);
    isOver = done.isFatal;
  }
  await editor.close();
  return rows;
}

async function releaseOne(
  wanted: { readonly service: string; readonly addresses: readonly string[] },
  { world, say }: { readonly world: ReleaseWorld; readonly say: (text: string) => void },
): Promise<{ readonly rows: readonly ReleaseRow[]; readonly isFatal: boolean }> {
  const startMs = world.nowMs();
  say(`gives up ${wanted.addresses.join(" and ")}`);
  const { result, to, why, isFatal } = await releaseService(wanted, world);
  const seconds = ((world.nowMs() - startMs) / 1_000).toFixed(1);
  const got = [...to.values()].filter((one) => one !== undefined).join(" and ");
  say(
    result === "released" ? `is done after ${seconds} s${got === "" ? "" : `, and has ${got}`}` : `${result}: ${why}`,
  );
  const rows = wanted.addresses.map((from): ReleaseRow => ({
    service: wanted.service,
    from,
    to: to.get(from),
    result,
    why,
  }));
  return { rows, isFatal };
}

async function openEditor(options: Options, io: ProgramIo): Promise<ObjectEditor | undefined> {
  const { manifests } = options;
  if (manifests !== undefined) {
    const log = createLogger({ component: "cli", level: "warn", to: "stderr" });
    return FolderObjectEditor.open("Service", { directory: manifests, log });
  }
  const config = findApiConfig({ ...options, env: io.env });
  if (config.ok) return new ClusterObjectEditor("Service", config.value);
  io.stderr.write(printLines(config.problems));
  return undefined;
}

/** Each list with its entries; `dryRun`: what would be. */
function asJson(rows: readonly ReleaseRow[], dryRun: boolean): unknown {
  const of = (wanted: ReleaseRow["result"]) => rows.filter(({ result }) => result === wanted);
  return {
    dryRun,
    released: of("released").map(({ service, from, to = null }) => ({ service, from, to })),
    kept: of("kept").map(({ service, from: address, why }) => ({ service, address, why })),
    unfinished: of("unfinished").map(({ service, from, to = null, why }) => ({ service, from, to, why })),
    untried: of("untried").map(({ service, from: address }) => ({ service, address })),
  };
}
