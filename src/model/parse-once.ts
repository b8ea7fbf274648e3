import type { KubeObject } from "./object.ts";

/** A parser that reads each version of an object once for each of the ways in which it is read, however often it is asked. */
export function parseOnce<Way, T extends object>(
  parse: (object: KubeObject, way: Way) => T,
): (object: KubeObject, way: Way) => T {
  const known = new WeakMap<KubeObject, Map<Way, T>>();
  return (object, way) => {
    const ways = known.get(object) ?? new Map<Way, T>();
    known.set(object, ways);
    const parsed = ways.get(way) ?? parse(object, way);
    ways.set(way, parsed);
    return parsed;
  };
}
