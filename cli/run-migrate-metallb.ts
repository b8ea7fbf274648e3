import { oneLine } from "#src/model/one-line.ts";
import { DEFAULT_INSTALLATION } from "#src/check/inspect-objects.ts";
import { findProblems } from "#src/check/find-problems.ts";
import { convertAddressPools, objectsOfConverted } from "#src/migration/convert-address-pools.ts";
import type { MetallbInstallation } from "#src/migration/metallb-installation.ts";
import { type MigrationReport, reportMigration } from "#src/migration/report-migration.ts";
import { isIgnoringLabel } from "#src/migration/works-differently.ts";
import { keyOf, parseObject } from "#src/model/object.ts";
import { METALLB_NAMESPACE } from "#src/model/metallb-namespace.ts";
import { type ServiceClass, serviceClassOf } from "#src/model/service-class.ts";
import { isHarmless } from "#src/migration/foretell-adoption.ts";
import { type Problem, printProblem, withPlacePrinted } from "#src/model/problem.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import { configMapRef } from "#src/source/source-options.ts";
import { overlayObjects } from "#src/view/overlay-objects.ts";
import type { StatusInput } from "#src/view/status-input.ts";
import { findingOf, type PlaceOfObject } from "./finding-of.ts";
import { filesAsInstallation } from "./files-as-installation.ts";
import { lookOptions } from "./look-options.ts";
import { objectsByKey } from "./objects-by-key.ts";
import { formOf, outputOptions } from "./output-options.ts";
import { printOutput } from "./print-output.ts";
import { printMetallbMigration } from "./print-metallb-migration.ts";
import { readCheckedFiles } from "./read-checked-files.ts";
import { printLines } from "./print-lines.ts";
import { isPlanBlind, seeInstallation } from "./see-installation.ts";
import { seeMetallb, findMetallbInFiles } from "./see-metallb.ts";

/** Its options. */
export const migrateMetallbOptions = {
  ...lookOptions("Migrate"),
  ...outputOptions("one object with same, different, notServed, files, plan, steps and problems"),
} as const satisfies OptionSpecs;

type Options = OptionValues<typeof migrateMetallbOptions>;

const command = "hawser migrate metallb";
const about = `Reads an installation of MetalLB, with its ConfigMap (up to version 0.12) or its custom resources, and prints what works in Hawser
as it is, what works differently and how, and what is not served; the files that install Hawser in its place; what becomes of
the address of every Service; and a procedure in which no address changes hands. Nothing is changed.

FILE is a file of YAML or JSON, a folder of them, or - for standard input: MetalLB's objects, its Deployment and DaemonSet, and
the Services with their statuses, as kubectl get -o yaml prints them. Without FILE a cluster is read, or a folder of manifests
with --manifests.
Exit code: 0 when every Service keeps its addresses; 3 when one loses, moves or has an orphaned address, or one that no node
would announce; 1 when a file, an object of the configuration or the cluster cannot be read, or when nothing of MetalLB is
there; 2 for wrong options.
hawser migrate ingress-nginx --help says how to change from ingress-nginx.`;
/** A Service does not stay as it is. */
const EXIT_HARM = 3;

/** What is to be migrated: MetalLB, and the cluster around it as Hawser would read it. */
type SeenMigration =
  | {
      readonly ok: true;
      readonly metallb: MetallbInstallation;
      readonly input: StatusInput;
      readonly placeOf: PlaceOfObject;
    }
  | { readonly ok: false; readonly code: number };

/** Runs `hawser migrate metallb`. Resolves with the exit code. */
export async function runMigrateMetallb(args: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(migrateMetallbOptions, args, io, { command, about, rest: "[FILE...]" });
  if (read.kind === "exit") return read.code;
  const { values: options, rest: paths } = read;
  const seen = await (paths.length > 0 ? seeFiles(paths, options) : seeRunning(options, io));
  if (!seen.ok) return seen.code;
  const { metallb } = seen;
  if (metallb.era === undefined) {
    const where = `namespace ${metallb.namespace}`;
    const why = `there are no pools of MetalLB in ${where}; --metallb-namespace names another one`;
    io.stderr.write(`${oneLine(`${command}: ${why}`)}\n`);
    io.stderr.write(printLines(seen.input.problems));
    return 1;
  }
  const converted = convertAddressPools(metallb);
  const input = overlayObjects(withOldConfig(seen.input, metallb), { applied: objectsOfConverted(converted) });
  const found = [...input.problems, ...problemsOf(input, metallb)];
  const problems = found.map((problem) => findingOf(problem, seen.placeOf));
  const report = reportMigration(input, { metallb, converted }, problems);
  const output = {
    documents: () => [asJson(report)],
    text: (isWide: boolean) => printMetallbMigration(report, isWide),
    names: () => objectsByKey("Service", changedBy(report)),
  };
  io.stdout.write(printOutput(formOf(options), output));
  if (isPlanBlind(input) || report.isUnreadable) return 1;
  return isHarmless(report.plan) ? 0 : EXIT_HARM;
}

async function seeFiles(paths: readonly string[], options: Options): Promise<SeenMigration> {
  const files = (await Promise.all(paths.map(readCheckedFiles))).flat();
  const metallb = findMetallbInFiles(files, options.metallbNamespace);
  const { namespace } = options;
  const configMap = keyOf(configMapRef(options));
  return {
    ok: true,
    metallb,
    ...filesAsInstallation(files, { namespace, configMap, ...servedBy(metallb, options) }),
  };
}

async function seeRunning(options: Options, io: ProgramIo): Promise<SeenMigration> {
  const { manifests } = options;
  const found =
    manifests === undefined
      ? await seeMetallb(options, io)
      : { metallb: findMetallbInFiles(await readCheckedFiles(manifests), options.metallbNamespace), problems: [] };
  const { metallb } = found;
  const seen = await seeInstallation({ ...options, ...servedBy(metallb, options) }, { command, io });
  if (!seen.ok) return seen;
  const known = new Set(seen.input.problems.map(printProblem));
  const problems = [...seen.input.problems, ...found.problems.filter((one) => !known.has(printProblem(one)))];
  return { ok: true, metallb, input: { ...seen.input, problems }, placeOf: seen.placeOf };
}

/** Which Services Hawser shall serve, and where MetalLB's objects are: as MetalLB's flags and objects say, unless options do. */
function servedBy(
  metallb: MetallbInstallation,
  options: Options,
): ServiceClass & { readonly metallbNamespace: string } {
  const { controller, speaker, namespace } = metallb;
  const loadBalancerClass =
    options.loadBalancerClass ?? controller?.flags.get("lb-class") ?? speaker?.flags.get("lb-class");
  return { loadBalancerClass, alsoClassless: options.alsoClassless, metallbNamespace: namespace };
}

/** With MetalLB's ConfigMap where that configures it, and Hawser has none of its own. */
function withOldConfig(input: StatusInput, { era, configMap }: MetallbInstallation): StatusInput {
  if (era !== "config-map" || configMap === undefined || (input.configMaps ?? []).length > 0) return input;
  const parsed = parseObject(configMap.fields, { kind: "file", file: configMap.name });
  return parsed.ok ? { ...input, configMap: keyOf(parsed.value.metadata), configMaps: [parsed.value] } : input;
}

/** What is wrong with the objects of the configuration, and with what Services ask for. */
function problemsOf(input: StatusInput, { speaker }: MetallbInstallation): readonly Problem[] {
  const { configMaps = [], services = [], nodes = [], namespaces = [], resources = [], nowMs, configMap } = input;
  const found = findProblems({
    objects: [...configMaps, ...services, ...nodes, ...namespaces, ...resources],
    installation: {
      ...DEFAULT_INSTALLATION,
      configMap,
      metallbNamespace: input.metallbNamespace ?? METALLB_NAMESPACE,
      ...serviceClassOf(input),
      ignoresExcludeLabel: isIgnoringLabel(speaker?.flags),
    },
    nowMs,
  });
  return found.filter(isOfMigration).map(({ object: _object, ...problem }) => problem);
}

/** Not what is wrong with a Service for reasons of its own, which `hawser check` finds, and not that an AddressPool is not read. */
function isOfMigration({ at, code, severity }: Problem): boolean {
  // The report has what takes their place.
  if (code === "RESOURCE_KIND_REPLACED") return false;
  if (at.kind !== "object" || at.object.kind !== "Service" || severity === "error") return true;
  return code.startsWith("REQUEST_") || code === "SERVICE_PENDING";
}

function asJson({ plan, problems, isUnreadable: _isUnreadable, ...report }: MigrationReport): unknown {
  const { reasons, ...changes } = plan ?? {};
  return {
    ...report,
    plan: plan === undefined ? null : { ...changes, reasons: Object.fromEntries(reasons ?? []) },
    problems: problems.map(withPlacePrinted),
  };
}

/** The Services that do not stay as they are. */
function changedBy({ plan }: MigrationReport): readonly string[] {
  if (plan === undefined) return [];
  return [...plan.lose, ...plan.move, ...plan.orphan, ...plan.silent, ...plan.gain].map(({ service }) => service);
}
