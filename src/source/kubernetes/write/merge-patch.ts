import { isDeepStrictEqual } from "node:util";
import { type Fields, isRecord } from "#src/model/record.ts";

/**
 * The JSON merge patch (RFC 7396) that makes one value of the other; undefined where they are the same. Fields that
 * are undefined count as missing.
 */
export function mergePatch(before: Fields, after: Fields): Fields | undefined {
  const patch: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, next] = [before[name], after[name]];
    if (next === undefined) {
      if (old !== undefined) patch[name] = null;
    } else if (isRecord(old) && isRecord(next)) {
      const inner = mergePatch(old, next);
      if (inner !== undefined) patch[name] = inner;
    } else if (!isDeepStrictEqual(old, next)) patch[name] = next;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}
