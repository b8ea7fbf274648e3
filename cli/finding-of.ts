import type { Problem } from "#src/model/problem.ts";
import { type FilePlace, type NamedObject, printPlace } from "#src/model/problem-place.ts";
import type { Finding } from "./check-result.ts";

/** Says where the manifest of an object begins; undefined where that is not known, or in no file. */
export type PlaceOfObject = (object: NamedObject) => FilePlace | undefined;

/** A Problem with the file and the line that it is about, as far as these are known. */
export function findingOf(problem: Problem, placeOf: PlaceOfObject): Finding {
  const { at } = problem;
  if (at.kind === "file" || at.kind === "copy") return inFile(problem, undefined, at.file);
  return inFile(problem, at.kind === "object" ? placeOf(at.object) : undefined, "");
}

/** A view with the file of each of its Problems. */
export function withFiles<View extends { readonly problems: readonly Problem[] }>(
  view: View,
  placeOf: PlaceOfObject,
): Omit<View, "problems"> & { readonly problems: readonly Finding[] } {
  return { ...view, problems: view.problems.map((problem) => findingOf(problem, placeOf)) };
}

/** A Problem with the line of the value, as far as it is known; `path`: the file of one that names no object. */
export function inFile({ line, ...problem }: Problem, place: FilePlace | undefined, path: string): Finding {
  const { at } = problem;
  // The text has no object yet: the place is in the file.
  if (at.kind === "file" && at.line !== undefined) {
    const nearer = line === undefined ? at : { ...at, line };
    return { file: startOf(nearer), ...problem, at: nearer };
  }
  if (place === undefined) return { file: path, ...problem };
  return { file: startOf(line === undefined ? place : { ...place, line }), ...problem };
}

/** `shop.yaml:12`. */
export function startOf({ path: _path, ...start }: FilePlace): string {
  return printPlace(start);
}
