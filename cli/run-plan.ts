import { DEFAULT_INSTALLATION, inspectObjects } from "#src/check/inspect-objects.ts";
import { type KubeObject, keyOf } from "#src/model/object.ts";
import { printProblem, type Problem, withPlacePrinted } from "#src/model/problem.ts";
import type { NamedObject } from "#src/model/problem-place.ts";
import { serviceClassOf } from "#src/model/service-class.ts";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import { configMapRef } from "#src/source/source-options.ts";
import { hasConfiguration } from "#src/view/find-missing.ts";
import { type Foretold, foretell } from "#src/view/foretell.ts";
import { deletionOf } from "#src/view/overlay-objects.ts";
import type { StatusInput } from "#src/view/status-input.ts";
import { hasError } from "#src/model/field.ts";
import { findingOf, type PlaceOfObject } from "./finding-of.ts";
import { lookOptions } from "./look-options.ts";
import { objectsByKey } from "./objects-by-key.ts";
import { formOf, outputOptions } from "./output-options.ts";
import { parseDeletion, PLANNED_KINDS } from "./parse-deletion.ts";
import { printOutput } from "./print-output.ts";
import { printPlan } from "./print-plan.ts";
import { readCheckedFiles } from "./read-checked-files.ts";
import { readManifests } from "./read-manifests.ts";
import { isPlanBlind, seeInstallation } from "./see-installation.ts";

/** Its options. */
export const planOptions = {
  filename: {
    kind: "list",
    short: "f",
    placeholder: "FILE",
    help: "File or folder of manifests to be applied, or - for standard input; may be repeated",
  },
  delete: {
    kind: "list",
    placeholder: "KIND/NAME",
    help: "Object to be deleted, as IPAddressPool/NAME or Service/NAMESPACE/NAME; may be repeated",
  },
  ...lookOptions("Plan"),
  ...outputOptions("one object with keep, gain, lose, move, orphan and problems"),
} as const satisfies OptionSpecs;

const command = "hawser plan";
const about = `Foretells what the controller does when manifests are applied and objects deleted: which Services keep their addresses, and which
gain, lose or move one, or keep one that no pool contains any longer (orphaned). Nothing is changed. The manifests (the ConfigMap
with the pools, MetalLB's objects, Services, Nodes, Namespaces) are laid over the objects of a cluster, or of a folder of manifests with
--manifests; what they do not contain stays as it is, except for what --delete names: as "kubectl delete" it removes one object, and with a
Namespace all that is in it.

Exit code: 0 when no Service loses an address, moves, or has one that the change makes orphaned (one that is orphaned already is kept);
3 when one does, whatever else is wrong; 1 when the folder, the cluster or a manifest cannot be read, an object of the configuration
cannot be used, or one to be deleted does not exist; 2 for wrong options.`;
/** A Service loses its address, or may lose it. */
const EXIT_HARM = 3;

/** Runs `hawser plan`. Resolves with the exit code. */
export async function runPlan(args: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(planOptions, args, io, { command, about, rest: "[FILE...]" });
  if (read.kind === "exit") return read.code;
  const { values: options, rest } = read;
  const paths = [...options.filename, ...rest];
  if (paths.length + options.delete.length === 0) {
    io.stderr.write(
      `${command}: name at least one file of manifests with -f, or an object with --delete\nSee ${command} --help\n`,
    );
    return EXIT_USAGE;
  }
  const deleted: NamedObject[] = [];
  for (const text of options.delete) {
    const object = parseDeletion(text, options);
    if (typeof object === "string") {
      io.stderr.write(`${command}: cannot read --delete ${text}: ${object}\nSee ${command} --help\n`);
      return EXIT_USAGE;
    }
    deleted.push(object);
  }
  const seen = await seeInstallation(options, { command, io });
  if (!seen.ok) return seen.code;
  const { input } = seen;
  const absent = deleted.filter((object) => isAbsent(input, object));
  for (const { kind, namespace, name } of absent)
    io.stderr.write(`${command}: cannot find ${kind} "${[namespace, name].filter(Boolean).join("/")}" to delete\n`);
  if (absent.length > 0) return 1;
  const installation = {
    configMap: keyOf(configMapRef(options)),
    metallbNamespace: options.metallbNamespace,
    ...serviceClassOf(options),
  };
  const written = readManifests((await Promise.all(paths.map(readCheckedFiles))).flat());
  const objects = written.objects.filter(({ kind }) => PLANNED_KINDS.includes(kind));
  const isConfigured = hasConfiguration(input);
  const { inspected } = inspectObjects(objects, { ...DEFAULT_INSTALLATION, ...installation }, { isConfigured });
  const { configProblems, ...foretold } = foretell(input, { applied: objects, deleted });
  const ofObjects = inspected.flatMap((one) => one.problems);
  const ofManifests = withoutTwins([...written.problems, ...ofObjects, ...configProblems]);
  const placed: PlaceOfObject = (object) => written.placeOf(object) ?? seen.placeOf(object);
  const problems = [
    ...input.problems.map((problem) => findingOf(problem, seen.placeOf)),
    ...[...ofManifests, ...foretold.problems].map((problem) => findingOf(problem, placed)),
    ...written.doubles,
  ];
  const shown = { ...foretold, problems };
  const output = {
    documents: () => [{ ...shown, problems: problems.map(withPlacePrinted) }],
    text: (isWide: boolean) => printPlan(shown, isWide),
    names: () => objectsByKey("Service", changedBy(foretold)),
  };
  io.stdout.write(printOutput(formOf(options), output));
  if (isPlanBlind(input)) return 1;
  // What is lost, moved or orphaned is so whatever else is wrong in the manifests.
  if (isHarmful(foretold)) return EXIT_HARM;
  return hasError([...ofManifests, ...written.doubles]) ? 1 : 0;
}

/** Whether an object is not there, as far as it may be read. */
function isAbsent(input: StatusInput, object: NamedObject): boolean {
  const { configMaps, otherConfigMaps = [], services, nodes, namespaces, resources = [] } = input;
  const of: Partial<Record<string, readonly KubeObject[] | undefined>> = {
    ConfigMap: configMaps && [...configMaps, ...otherConfigMaps],
    Service: services,
    Node: nodes,
    // A folder may have Services in a Namespace of which it has no manifest.
    Namespace: namespaces && [...namespaces, ...(services ?? [])],
  };
  const known = object.kind in of ? of[object.kind] : resources;
  return known !== undefined && !known.some(deletionOf([object]));
}

/** Each Problem once: what is wrong with an object alone is found when it is read, and with the whole configuration. */
function withoutTwins(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.toReversed().map((problem) => [printProblem(problem), problem])).values()].toReversed();
}

function isHarmful({ lose, move, orphan }: Pick<Foretold, "lose" | "move" | "orphan">): boolean {
  return lose.length + move.length + orphan.length > 0;
}

/** The Services that do not stay as they are. */
function changedBy({ lose, move, orphan, gain }: Pick<Foretold, "lose" | "move" | "orphan" | "gain">) {
  return [...lose, ...move, ...orphan, ...gain].map(({ service }) => service);
}
