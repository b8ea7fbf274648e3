import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergePatch } from "#src/source/kubernetes/write/merge-patch.ts";

type Fields = Readonly<Record<string, unknown>>;

/** RFC 7396 as it is written there. */
function applied(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> =
    typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = applied(result[name], value);
  }
  return result;
}

describe("mergePatch()", () => {
  const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer()));
  const { object } = fc.letrec<{ object: Fields; value: unknown }>((tie) => ({
    value: fc.oneof({ depthSize: "small" }, leaf, tie("object")),
    object: fc.dictionary(fc.constantFrom("a", "b", "c", "d"), tie("value"), { maxKeys: 4, noNullPrototype: true }),
  }));

  it("makes one object of the other, by the rules of RFC 7396", () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        expect(applied(before, mergePatch(before, after) ?? {})).toEqual(applied({}, after));
      }),
    );
  });

  it("is undefined exactly where the two are the same", () => {
    const isNone = (value: Fields): boolean => mergePatch(value, structuredClone(value)) === undefined;
    fc.assert(fc.property(object, isNone));
    expect(mergePatch({ a: 1 }, { a: 1, b: undefined })).toBeUndefined();
    expect(mergePatch({ a: { b: 1 } }, { a: {} })).toEqual({ a: { b: null } });
  });
});
