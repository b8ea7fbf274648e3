import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { inspectObjects } from "#src/check/inspect-objects.ts";
import type { MemberRecord } from "#src/model/member-record.ts";
import { MAX_MANIFEST_LENGTH, parseManifests } from "#src/model/manifest.ts";
import { keyOf, type KubeObject } from "#src/model/object.ts";
import { findNetworkAddresses } from "#src/model/network-addresses.ts";
import { findHostAddresses, hostAddressesOf } from "#src/model/host-addresses.ts";
import type { Problem } from "#src/model/problem.ts";
import { findBrokenReferences } from "#src/check/find-broken-references.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import { EXIT_USAGE, parseOptions } from "#src/process/options.ts";
import { type ClusterObjects, readClusterObjects } from "./check-cluster.ts";
import { clusterOptions } from "./cluster-options.ts";
import { refuse } from "./refuse.ts";

const specs = {
  cluster: { kind: "boolean", help: "Check the objects of a cluster, kubectl's by default, and no files" },
  ...clusterOptions,
  json: { kind: "boolean", help: "One JSON object a line for each finding" },
} as const satisfies OptionSpecs;

const about = `Reads manifests as Hawser does and prints everything that is wrong with them: the pools, Services, Ingresses,
certificates and endpoints, each by itself and against the others. Nothing is changed, and no cluster is needed; with
--cluster, --kubeconfig or --context the objects of that cluster are read instead.

FILE is a file of YAML or JSON, a folder of them, or - for standard input.
Exit code: 0 where there is no error (warnings may be), 1 where there is one, 2 where a file or a kind of object cannot
be read.
Every code is explained in docs/errors.md.`;

/** A file as read; undefined text: it cannot be read, for this reason. */
export interface CheckedFile {
  readonly path: string;
  readonly text: string | undefined;
  readonly fault?: string;
}

/** A Problem and the file it is in; the line is in `file`: `shop.yaml:12`. */
export interface Finding extends Problem {
  readonly file: string;
}

export interface CheckResult {
  readonly findings: readonly Finding[];
  /** Objects read. */
  readonly objects: number;
  /** Objects passed over, by kind. */
  readonly otherKinds: ReadonlyMap<string, number>;
  /** 0: no error; 1: an error in an object; 2: a file that cannot be read. */
  readonly exitCode: 0 | 1 | 2;
}

/** Finds all that is wrong with manifests: in each file, in each object, and between objects. */
export function check(files: readonly CheckedFile[]): CheckResult {
  const findings: Finding[] = [];
  const places = new Map<KubeObject, string>();
  const otherKinds = new Map<string, number>();
  for (const { path, text, fault } of files) {
    if (text === undefined) {
      findings.push({ file: path, ...unreadable(path, fault ?? "it is not there") });
      continue;
    }
    const parsed = parseManifests(text, path);
    for (const [object, place] of parsed.places) places.set(object, place);
    for (const [kind, count] of parsed.otherKinds) otherKinds.set(kind, (otherKinds.get(kind) ?? 0) + count);
    const byName = placesByName(parsed.places);
    findings.push(...parsed.problems.map((problem) => ({ file: fileOf(problem, path, byName), ...problem })));
  }
  const found = [...findings, ...checkObjects(places)];
  return { findings: found, objects: places.size, otherKinds, exitCode: exitCodeOf(found) };
}

/** Finds what is wrong with objects, each by itself and against the others. The text of each is where it stands. */
function checkObjects(
  places: ReadonlyMap<KubeObject, string>,
  memberRecords: readonly MemberRecord[] = [],
): readonly Finding[] {
  const findings: Finding[] = [];
  const placeOf = (object: KubeObject) => places.get(object) ?? "";
  const { firsts, doubles } = splitDoubles([...places.keys()], placeOf);
  const inspection = inspectObjects(firsts);
  for (const { object, problems } of inspection.inspected)
    findings.push(...problems.map((problem) => ({ file: placeOf(object), ...problem })));
  const byName = placesByName(places);
  const unusable = [
    ...findHostAddresses(inspection.pools, hostAddressesOf(inspection.nodes, memberRecords)),
    ...findNetworkAddresses(inspection.pools, memberRecords),
  ];
  for (const problem of [...findBrokenReferences(inspection), ...unusable])
    findings.push({ file: byName.get(nameIn(problem.where)) ?? "", ...problem });
  findings.push(...doubles);
  return findings;
}

/** The same for the objects of a cluster. */
function checkCluster({ objects, memberRecords, problems }: ClusterObjects): CheckResult {
  const places = new Map(objects.map((object) => [object, ""]));
  const findings = [...problems.map((problem) => ({ file: "", ...problem })), ...checkObjects(places, memberRecords)];
  const exitCode = problems.some(({ severity }) => severity === "error") ? 2 : exitCodeOf(findings);
  return { findings, objects: places.size, otherKinds: new Map(), exitCode };
}

function exitCodeOf(findings: readonly Finding[]): 0 | 1 | 2 {
  if (findings.some(({ code }) => code === "MANIFEST_UNREADABLE")) return 2;
  return findings.some(({ severity }) => severity === "error") ? 1 : 0;
}

/** `Service "default/web"`: what every `where` begins with. */
function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind} "${keyOf(metadata)}"`;
}

function nameIn(where: string): string {
  return /^\w+ "[^"]*"/.exec(where)?.[0] ?? "";
}

/** Of objects with one name the place of the first. */
function placesByName(places: ReadonlyMap<KubeObject, string>): ReadonlyMap<string, string> {
  return new Map([...places].map(([object, place]) => [nameOf(object), place] as const).reverse());
}

/** Problems of a file name the line, or the object once it has a name. */
function fileOf({ where }: Problem, path: string, byName: ReadonlyMap<string, string>): string {
  if (!where.startsWith(`${path}:`)) return byName.get(nameIn(where)) ?? path;
  return path + (/^:\d+/.exec(where.slice(path.length))?.[0] ?? "");
}

/** As the folder source does: of objects with one name the first counts. */
function splitDoubles(objects: readonly KubeObject[], placeOf: (object: KubeObject) => string) {
  const firsts = new Map<string, KubeObject>();
  const doubles: Finding[] = [];
  for (const object of objects) {
    const name = nameOf(object);
    const first = firsts.get(name);
    if (first === undefined) {
      firsts.set(name, object);
      continue;
    }
    doubles.push({
      file: placeOf(object),
      code: "MANIFEST_DUPLICATE",
      where: name,
      what: "Cannot use this object",
      why: `${placeOf(first)} has one of the same kind, namespace and name`,
      fix: "Remove or rename one of the two",
      severity: "error",
    });
  }
  return { firsts: [...firsts.values()], doubles };
}

function unreadable(path: string, why: string): Problem {
  const fix = "Mend the path or the permissions";
  return { code: "MANIFEST_UNREADABLE", where: path, what: "Cannot read it", why, fix, severity: "error" };
}

/** One finding as a person reads it. */
function printFinding({ file, severity, code, where, what, why, fix }: Finding): string {
  const place = where.startsWith(file) ? where : `${file}  ${where}`;
  return [
    `${severity} ${code}`,
    `  where  ${place}`,
    `  what   ${what}`,
    `  why    ${why}`,
    `  fix    ${fix}`,
    "",
  ].join("\n");
}

function printSummary({ findings, objects, otherKinds }: CheckResult): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const passed = [...otherKinds].map(([kind, count]) => `${count} ${kind}`).join(", ");
  const counts = [counted(errors, "error"), counted(findings.length - errors, "warning")].join(", ");
  const verdict = `${counted(objects, "object")} read: ${counts}`;
  return `${verdict}${passed === "" ? "" : `. Passed over: ${passed}`}\n`;
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** The verb `hawser check`; resolves with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const command = "hawser check";
  const parsed = parseOptions(specs, args, process.env, { command, about, rest: "FILE..." });
  if (parsed.kind !== "values") return refuse(parsed, command);
  const { values, rest: paths } = parsed;
  const namesCluster = values.kubeconfig !== undefined || values.context !== undefined;
  const isCluster = values.cluster || (namesCluster && paths.length === 0);
  if (isCluster === paths.length > 0) {
    const what = isCluster ? "name files or a cluster, not both" : "name at least one file or folder of manifests";
    process.stderr.write(`${command}: ${what}\nSee ${command} --help\n`);
    return EXIT_USAGE;
  }
  const result = isCluster ? await readAndCheckCluster(values) : check((await Promise.all(paths.map(readPath))).flat());
  const lines = result.findings.map(values.json ? (finding) => JSON.stringify(finding) : printFinding);
  if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
  process.stderr.write(printSummary(result));
  return result.exitCode;
}

async function readAndCheckCluster(values: OptionValues<typeof clusterOptions>): Promise<CheckResult> {
  return checkCluster(await readClusterObjects({ ...values, env: process.env }));
}

/** The file, or the manifests below the folder, in the order of their paths; hidden ones are left out. */
async function readPath(path: string): Promise<readonly CheckedFile[]> {
  if (path === "-") return [await readOne("/dev/stdin", "standard input")];
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isFolder) return [await readOne(path)];
  try {
    const names = await readdir(path, { recursive: true });
    const manifests = names.filter((name) => /\.(?:ya?ml|json)$/.test(name) && !/(?:^|\/)\./.test(name)).sort();
    const files: CheckedFile[] = [];
    for (const name of manifests) files.push(await readOne(join(path, name)));
    return files;
  } catch (error) {
    return [{ path, text: undefined, fault: faultOf(error) }];
  }
}

async function readOne(path: string, name = path): Promise<CheckedFile> {
  try {
    const { size } = await stat(path);
    // The limit is in characters, of at most four bytes: what is larger would be refused after reading it.
    if (size > 4 * MAX_MANIFEST_LENGTH) return { path: name, text: undefined, fault: `it has ${size} bytes` };
    return { path: name, text: await readFile(path, "utf8") };
  } catch (error) {
    return { path: name, text: undefined, fault: faultOf(error) };
  }
}

function faultOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return { ENOENT: "there is no such file", EACCES: "you may not read it" }[code] ?? code;
}
