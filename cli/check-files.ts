import type { Installation } from "#src/check/checked-set.ts";
import { findProblems } from "#src/check/find-problems.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { type KubeObject, placeOf } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import type { FilePlace } from "#src/model/problem-place.ts";
import { wallMs } from "#src/process/clock.ts";
import { inFile, startOf } from "./finding-of.ts";
import { type CheckResult, exitCodeOf, type Finding, nameIn, nameOf } from "./check-result.ts";

/** A file as read; undefined text: it cannot be read, for this reason. */
export interface CheckedFile {
  readonly path: string;
  readonly text: string | undefined;
  readonly fault?: string;
}

/** Finds all that is wrong with manifests: in each file, in each object, between objects, and for the programs. */
export function checkFiles(
  files: readonly CheckedFile[],
  installation?: Installation,
  nowMs: number = wallMs(),
): CheckResult {
  const findings: Finding[] = [];
  const places = new Map<KubeObject, FilePlace>();
  const objects: KubeObject[] = [];
  const unusable: KubeObject[] = [];
  const otherKinds = new Map<string, number>();
  for (const { path, text, fault } of files) {
    if (text === undefined) {
      findings.push({ file: path, ...unreadableFile(path, fault ?? "it does not exist") });
      continue;
    }
    const parsed = parseManifests(text, path, { keepsLines: true });
    for (const [object, place] of parsed.places) places.set(object, place);
    for (const [kind, count] of parsed.otherKinds) otherKinds.set(kind, (otherKinds.get(kind) ?? 0) + count);
    objects.push(...parsed.objects);
    unusable.push(...parsed.unusable);
    const byName = placesByName(parsed.places.keys(), places);
    findings.push(...parsed.problems.map((problem) => inFile(problem, byName.get(nameIn(problem)), path)));
  }
  const { firsts, doubles } = splitDoubles(objects, places);
  const byName = placesByName(firsts, places);
  const found = findProblems({
    objects: firsts,
    unusable,
    otherKinds: new Set(otherKinds.keys()),
    nowMs,
    ...(installation === undefined ? {} : { installation }),
  });
  for (const { object, ...problem } of found) {
    const place = object === undefined ? byName.get(nameIn(problem)) : places.get(object);
    findings.push(inFile(problem, place, ""));
  }
  findings.push(...doubles);
  return { findings, objects: objects.length, otherKinds, exitCode: exitCodeOf(findings) };
}

/** Of objects with one name the place of the first. */
export function placesByName(
  objects: Iterable<KubeObject>,
  places: ReadonlyMap<KubeObject, FilePlace>,
): ReadonlyMap<string, FilePlace> {
  const byName = new Map<string, FilePlace>();
  for (const object of objects) {
    const place = places.get(object);
    if (place !== undefined && !byName.has(nameOf(object))) byName.set(nameOf(object), place);
  }
  return byName;
}

/** As in the folder source, the first of the objects with one name counts. */
export function splitDoubles(objects: readonly KubeObject[], places: ReadonlyMap<KubeObject, FilePlace>) {
  const firsts = new Map<string, KubeObject>();
  const doubles: Finding[] = [];
  for (const object of objects) {
    const name = nameOf(object);
    const first = firsts.get(name);
    if (first === undefined) {
      firsts.set(name, object);
      continue;
    }
    doubles.push(duplicateOf(object, places.get(first), places.get(object)));
  }
  return { firsts: [...firsts.values()], doubles };
}

/** The Problem of an object that is at a place in a file, where another one of its name is before. */
function duplicateOf(object: KubeObject, first: FilePlace | undefined, place: FilePlace | undefined): Finding {
  return {
    file: place === undefined ? "" : startOf(place),
    code: "MANIFEST_DUPLICATE",
    at: placeOf(object),
    what: "Cannot use this object",
    why: `${first === undefined ? "another file" : startOf(first)} has one of the same kind, namespace and name`,
    fix: "Remove or rename one of the two",
    severity: "error",
  };
}

/** The Problem of a file of manifests that cannot be read. */
export function unreadableFile(path: string, why: string): Problem {
  const fix = "Fix the path or the permissions";
  return {
    code: "MANIFEST_UNREADABLE",
    at: { kind: "file", file: path },
    what: "Cannot read it",
    why,
    fix,
    severity: "error",
  };
}
