import { parseIp } from "#src/ip/address.ts";
import { oneLine } from "#src/model/one-line.ts";
import { parseJson } from "#src/model/parse-json.ts";
import { recordOf, recordsOf, textOf } from "#src/model/record.ts";
import { wallMs } from "#src/process/clock.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import { ClusterLister } from "#src/source/kubernetes/cluster-lister.ts";
import { findApiConfig } from "#src/source/kubernetes/kubeconfig/find-config.ts";
import { classOptions } from "#src/process/option-groups.ts";
import { installationOptions } from "#src/source/source-options.ts";
import { clusterOptions } from "./cluster-options.ts";
import { collectingStream } from "./collecting-stream.ts";
import { collectLogs } from "./collect-logs.ts";
import { collectObjects } from "./collect-objects.ts";
import { findingOf } from "./finding-of.ts";
import { printLines } from "./print-lines.ts";
import { ReportBundle } from "./report-bundle.ts";
import { printExplained } from "./run-explain.ts";
import { exitCodeOfBlind, seeInstallation } from "./see-installation.ts";
import { writePrivately } from "./write-privately.ts";

/** Its options. */
export const collectOptions = {
  output: {
    kind: "string",
    short: "o",
    placeholder: "FILE",
    help: "Write the bundle to this file (default: hawser-report-TIME.tar.gz in this folder)",
  },
  logLines: { kind: "number", default: 2_000, min: 0, max: 100_000, help: "Last lines of the log of each container" },
  capture: {
    kind: "list",
    placeholder: "ADDRESS,...",
    help: "Also have all nodes capture the ARP and NDP frames about these addresses, each for 10 seconds, as hawser capture does",
  },
  ...clusterOptions,
  ...installationOptions,
  ...classOptions("Show", "controller"),
} as const satisfies OptionSpecs;

type Options = OptionValues<typeof collectOptions>;

const command = "hawser collect";
const about = `Collects what a report about a fault needs from a cluster into one compressed archive: the objects that Hawser reads, logs and metrics of
its pods, Events, what status, explain, pools, routes, certs and check say, and versions. Nothing is sent, and nothing is changed but what
--capture asks of the Nodes by an annotation, which it takes back.

Secrets have no data in it. Passwords, tokens, keys and cookies are replaced by REDACTED by their names and by their forms, in objects,
logs and outputs. Names, addresses and hosts stay: look into the archive before you send it. docs/kubectl.md says what is in it.
What may not be read is named in its file MISSING.txt.
Exit code: 0 when it was written; 1 when nothing of the cluster can be read, or the file cannot be written; 2 for wrong options.`;

/** Services that are explained at most: those that are not served first. */
const MAX_EXPLAINED = 20;
/** Addresses that are captured at most, ten seconds each. */
const MAX_CAPTURED = 6;
const SHOWN: readonly (readonly [file: string, ...words: string[]])[] = [
  ["status.txt", "status", "-o", "wide"],
  ["status.json", "status", "-o", "json"],
  ["pools.txt", "pools", "-o", "wide"],
  ["check.txt", "check", "--cluster"],
  ["routes.txt", "routes", "-o", "wide"],
  ["certs.txt", "certs", "-o", "wide"],
];

/** Runs another command. */
type Call = (args: readonly string[], io: ProgramIo) => Promise<number>;

/** Runs `hawser collect`. Resolves with the exit code. */
export async function runCollect(args: readonly string[], io: ProgramIo, call: Call): Promise<number> {
  const read = readOptions(collectOptions, args, io, { command, about });
  if (read.kind === "exit") return read.code;
  const options = read.values;
  const time = new Date(wallMs()).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const name = `hawser-report-${time}`;
  const file = options.output ?? `${name}.tar.gz`;
  const wrong = wrongCall(file, options);
  if (wrong !== undefined) {
    io.stderr.write(`${oneLine(`${command}: ${wrong}`)}\nSee ${command} --help\n`);
    return EXIT_USAGE;
  }
  const config = findApiConfig({ ...options, env: io.env });
  if (!config.ok) {
    io.stderr.write(printLines(config.problems));
    return exitCodeOfBlind(config.problems);
  }
  const say = (text: string): void => void io.stderr.write(`${oneLine(`collect: ${text}`)}\n`);
  const bundle = new ReportBundle(name);
  const lister = new ClusterLister(config.value);
  try {
    say(`objects of ${new URL(config.value.server).host}`);
    const pods = await collectObjects(lister, bundle, options);
    if (bundle.count === 0) {
      io.stderr.write(printLines(lister.problems));
      return 1;
    }
    say(`logs and metrics of ${pods.length} pods`);
    await collectLogs(lister, bundle, { pods, lines: options.logLines });
    for (const problem of lister.problems) bundle.addMissing(`${problem.what}: ${problem.why}`);
  } finally {
    lister.close();
  }
  await collectOutputs(bundle, { options, io, call, say });
  return write(file, bundle, io);
}

/** What is wrong with the call; undefined: nothing. */
function wrongCall(file: string, { capture }: Options): string | undefined {
  if (file === "") return "name a file with -o";
  if (capture.length > MAX_CAPTURED) return `--capture takes ${MAX_CAPTURED} addresses at most`;
  const stranger = capture.find((text) => parseIp(text) === undefined);
  return stranger === undefined ? undefined : `--capture: "${stranger}" is not an IP address`;
}

interface Outputs {
  readonly options: Options;
  readonly io: ProgramIo;
  readonly call: Call;
  readonly say: (text: string) => void;
}

async function collectOutputs(bundle: ReportBundle, { options, io, call, say }: Outputs): Promise<void> {
  const asked = async (file: string, words: readonly string[]): Promise<string> => {
    say(words.join(" "));
    const [stdout, stderr] = [collectingStream(), collectingStream()];
    const flags = words[0] === "version" ? [] : flagsFor(words[0] ?? "", options);
    const code = await call([...words, ...flags], { ...io, env: withoutOurs(io.env), stdout, stderr });
    bundle.addText(`outputs/${file}`, `${stdout.text()}${stderr.text()}`);
    if (code === 2) bundle.addMissing(`outputs/${file}: hawser ${words[0]} exits with 2`);
    return stdout.text();
  };
  await asked("version.txt", ["version"]);
  let services: readonly string[] = [];
  for (const [file, ...words] of SHOWN) {
    const text = await asked(file, words);
    if (file === "status.json") services = servicesIn(text);
  }
  await explainAll(bundle, services, { options, io, say });
  await captureAll(bundle, { options, io, call, say });
}

/** What all nodes see on the wire about the addresses that a person named, one after the other. */
async function captureAll(bundle: ReportBundle, { options, io, call, say }: Outputs): Promise<void> {
  for (const address of options.capture) {
    const words = ["capture", address];
    say(words.join(" "));
    const [stdout, stderr] = [collectingStream(), collectingStream()];
    const env = withoutOurs(io.env);
    const code = await call([...words, "-o", "json", ...flagsFor("capture", options)], { ...io, env, stdout, stderr });
    const file = `outputs/capture/${address}.json`;
    if (code !== 0) bundle.addMissing(`${file}: hawser capture exits with ${code}: ${stderr.text().trimEnd()}`);
    if (stdout.text() !== "") bundle.addText(file, stdout.text());
  }
}

/** Explains each of these Services, all by one look at the cluster. */
async function explainAll(
  bundle: ReportBundle,
  services: readonly string[],
  { options, io: { env }, say }: Omit<Outputs, "call">,
): Promise<void> {
  const shown = services.slice(0, MAX_EXPLAINED);
  if (shown.length === 0) return;
  const failed = collectingStream();
  const seen = await seeInstallation(
    { ...options, manifests: undefined },
    { command: "hawser explain", io: { env, stderr: failed } },
  );
  const problems = seen.ok ? seen.input.problems.map((problem) => findingOf(problem, seen.placeOf)) : [];
  for (const subject of shown) {
    say(`explain ${subject}`);
    const [stdout, stderr] = [collectingStream(), collectingStream()];
    if (seen.ok) printExplained({ subject, input: seen.input, problems, form: "text" }, { stdout, stderr });
    const text = seen.ok ? `${stdout.text()}${stderr.text()}` : failed.text();
    bundle.addText(`outputs/explain/${subject.replace("/", "_")}.txt`, text);
  }
  if (services.length > MAX_EXPLAINED) bundle.addMissing(`explanations of ${services.length - MAX_EXPLAINED} Services`);
}

/** Those that are not served come first. */
function servicesIn(status: string): readonly string[] {
  const { services } = recordOf(parseJson(status));
  return recordsOf(services)
    .map(({ service }) => textOf(service))
    .filter((key) => key !== "");
}

/** Which cluster and installation is meant, as far as a command has these options. */
function flagsFor(name: string, options: Options): readonly string[] {
  const { kubeconfig, context, namespace, configMap, metallbNamespace, loadBalancerClass, alsoClassless } = options;
  const cluster = [...flag("kubeconfig", kubeconfig), ...flag("context", context)];
  if (name === "routes" || name === "certs") return cluster;
  return [
    ...cluster,
    ...flag("namespace", namespace),
    ...flag("config-map", configMap),
    ...flag("metallb-namespace", metallbNamespace),
    ...flag("load-balancer-class", loadBalancerClass),
    ...(alsoClassless ? ["--also-classless"] : []),
  ];
}

function flag(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [`--${name}=${value}`];
}

/** Without variables that are options of the commands that are called: these are given as flags. */
function withoutOurs(env: ProgramIo["env"]): ProgramIo["env"] {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("HAWSER_")));
}

async function write(file: string, bundle: ReportBundle, io: ProgramIo): Promise<number> {
  const bytes = bundle.archive();
  try {
    // A person's own: what is in it is not for all users of this machine.
    await writePrivately(file, bytes);
  } catch (error) {
    io.stderr.write(`${oneLine(`${command}: cannot write ${file}: ${(error as Error).message}`)}\n`);
    return 1;
  }
  const size = `${(bytes.length / 1e6).toFixed(1)} MB`;
  io.stderr.write(
    `${oneLine(`collect: ${bundle.count + 1} files, ${size}. Look into it before you send it: tar -xzf ${file}`)}\n`,
  );
  io.stdout.write(`${file}\n`);
  return 0;
}
