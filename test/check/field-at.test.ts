import { describe, expect, it } from "vitest";
import { fieldAt } from "#src/check/field-at.ts";
import { objectAt } from "#src/model/problem-place.ts";

const fieldOf = (value: unknown) => ({ value, holder: objectAt("Ingress", "a/b"), path: "", problems: [] });

describe("fieldAt()", () => {
  it.each([
    { path: "spec", found: "spec", value: { rules: [{ paths: ["a", "b"] }] } },
    { path: "spec.rules[0].paths[1]", found: "spec.rules[0].paths[1]", value: "b" },
    { path: "spec.rules[7]", found: "spec.rules", value: [{ paths: ["a", "b"] }] },
    { path: "spec.none", found: "spec.none", value: undefined },
  ])("finds $path", ({ path, found, value }) => {
    const root = fieldOf({ spec: { rules: [{ paths: ["a", "b"] }] } });
    expect(fieldAt(root, path)).toMatchObject({ path: found, value });
  });

  it("looks at one entry of a list, however many there are", () => {
    let looks = 0;
    const list = new Proxy(
      Array.from({ length: 1_000 }, (_, index) => index),
      {
        get(target, key, receiver) {
          if (typeof key === "string" && /^\d+$/.test(key)) looks += 1;
          return Reflect.get(target, key, receiver) as unknown;
        },
      },
    );
    expect([fieldAt(fieldOf({ list }), "list[500]").value, looks]).toEqual([500, 1]);
  });
});
