import { parseManifests } from "#src/model/manifest.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { type FilePlace, printObjectName } from "#src/model/problem-place.ts";
import { type CheckedFile, placesByName, splitDoubles, unreadableFile } from "./check-files.ts";
import type { Finding } from "./check-result.ts";
import type { PlaceOfObject } from "./finding-of.ts";

/** What is written in files of manifests. */
export interface WrittenManifests {
  /** Of several of one name the first, as in the folder source. */
  readonly objects: readonly KubeObject[];
  /** Of the files and of what is in them. */
  readonly problems: readonly Problem[];
  /** Objects that one of the same name is before. */
  readonly doubles: readonly Finding[];
  /** Where an object is written; of several of one name the first. */
  readonly placeOf: PlaceOfObject;
}

/** Reads the objects of files of manifests, with their lines. */
export function readManifests(files: readonly CheckedFile[]): WrittenManifests {
  const objects: KubeObject[] = [];
  const problems: Problem[] = [];
  const places = new Map<KubeObject, FilePlace>();
  for (const { path, text, fault } of files) {
    if (text === undefined) {
      problems.push(unreadableFile(path, fault ?? "it does not exist"));
      continue;
    }
    const parsed = parseManifests(text, path, { keepsLines: true });
    problems.push(...parsed.problems);
    objects.push(...parsed.objects);
    for (const [object, place] of parsed.places) places.set(object, place);
  }
  const { firsts, doubles } = splitDoubles(objects, places);
  const byName = placesByName(places.keys(), places);
  return { objects: firsts, problems, doubles, placeOf: (object) => byName.get(printObjectName(object)) };
}
