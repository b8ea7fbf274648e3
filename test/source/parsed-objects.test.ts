import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "#src/model/object.ts";
import type { Parsed } from "#src/model/problem.ts";
import { type Change, ParsedObjects } from "#src/source/parsed-objects.ts";
import { object } from "#test/model/build.ts";

const BAD = "bad";
const named = (name: string, value: string): KubeObject =>
  object(`{ apiVersion: v1, kind: Service, metadata: { name: ${name} }, spec: { value: ${value} } }`);
const at = { kind: "part", name: "x" } as const;
const problem = { code: "FIELD_INVALID", at, what: "x", why: "x", fix: "x", severity: "error" } as const;

/** Reads `spec.value`; "bad" cannot be read. */
function parse({ spec }: KubeObject): Parsed<string> {
  const { value } = spec as { readonly value: string };
  return value === BAD ? { ok: false, problems: [problem] } : { ok: true, value, problems: [] };
}

function world(keepLastGood = false) {
  const objects = new Map<string, KubeObject>();
  const looked: string[] = [];
  const told = new Map<string, number>();
  const parsed = new ParsedObjects({
    get: (key) => {
      looked.push(key);
      return objects.get(key);
    },
    parse,
    onProblems: (key, { length }) => told.set(key, length),
    keepLastGood,
  });
  return { objects, looked, told, parsed };
}

describe("ParsedObjects", () => {
  it("looks at what is marked and at nothing else, however many there are", () => {
    const { objects, looked, parsed } = world();
    for (let number = 0; number < 1_000; number++) {
      objects.set(`s${number}`, named(`s${number}`, "one"));
      parsed.mark(`s${number}`);
    }
    expect(parsed.update()).toHaveLength(1_000);
    looked.length = 0;
    objects.set("s7", named("s7", "two"));
    parsed.mark("s7");
    parsed.mark("s7");
    parsed.mark("s8");
    expect(parsed.update()).toEqual([{ key: "s7", before: "one", after: "two" }]);
    expect(looked).toEqual(["s7", "s8"]);
    expect(parsed.update()).toEqual([]);
    expect(looked).toHaveLength(2);
  });

  it("reads all others where reading one fails, of which the value before stays", () => {
    const objects = new Map<string, KubeObject>();
    const told: string[] = [];
    const parsed = new ParsedObjects({
      get: (key) => objects.get(key),
      parse: (one) => {
        if (one.metadata.name === "b" && objects.has("broken")) throw new TypeError("x is not a function");
        return parse(one);
      },
      onProblems: (_key, problems) => told.push(...problems.map(({ code, why }) => `${code} ${why}`)),
    });
    const put = (value: string) => {
      for (const name of ["a", "b", "c"]) {
        objects.set(name, named(name, value));
        parsed.mark(name);
      }
      return parsed.update();
    };
    put("one");
    objects.set("broken", named("broken", "x"));
    expect(put("two").filter(({ before, after }) => before !== after)).toEqual([
      { key: "a", before: "one", after: "two" },
      { key: "c", before: "one", after: "two" },
    ]);
    expect([parsed.get("b"), told]).toEqual([
      "one",
      ["OBJECT_NOT_READ Hawser has a fault: TypeError: x is not a function"],
    ]);
  });

  it("keeps the last good value where that is wanted, until the object goes", () => {
    for (const keepLastGood of [true, false]) {
      const { objects, told, parsed } = world(keepLastGood);
      const put = (value: string | undefined): readonly Change<string>[] => {
        if (value === undefined) objects.delete("a");
        else objects.set("a", named("a", value));
        parsed.mark("a");
        return parsed.update();
      };
      put("one");
      const after = keepLastGood ? "one" : undefined;
      expect(put(BAD)).toEqual([{ key: "a", before: "one", after }]);
      expect(told.get("a")).toBe(1);
      expect(put(undefined)).toEqual([{ key: "a", before: after, after: undefined }]);
      expect(told.get("a")).toBe(0);
    }
  });

  it("has what reading everything anew would give, after any changes of which each was marked", () => {
    const step = fc.record({ key: fc.constantFrom("a", "b", "c", "d"), value: fc.constantFrom("", "one", "two", BAD) });
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 12 }), (rounds) => {
        const { objects, told, parsed } = world();
        const known = new Map<string, string>();
        for (const round of rounds) {
          for (const { key, value } of round) {
            if (value === "") objects.delete(key);
            else objects.set(key, named(key, value));
            parsed.mark(key);
          }
          for (const { key, before, after } of parsed.update()) {
            expect(known.get(key)).toBe(before);
            if (after === undefined) known.delete(key);
            else known.set(key, after);
          }
          const scratch = [...objects].flatMap(([key, one]) => {
            const read = parse(one);
            return read.ok ? [[key, read.value] as const] : [];
          });
          expect(new Map(scratch)).toEqual(known);
          expect([...parsed.values()].sort()).toEqual([...known.values()].sort());
          const isWrong = (key: string): boolean => (told.get(key) ?? 0) > 0;
          expect([...told.keys()].filter(isWrong).sort()).toEqual(
            [...objects.keys()].filter((key) => !known.has(key)).sort(),
          );
        }
      }),
    );
  });
});
