import { expect, it } from "vitest";
import type { KubeObject } from "#src/model/object.ts";
import { parseOnce } from "#src/model/parse-once.ts";

it("parseOnce() reads each version of an object once in each way", () => {
  const version = (): KubeObject => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } }) as KubeObject;
  const [first, second] = [version(), version()];
  const asked: unknown[] = [];
  const read = parseOnce((object: KubeObject, way: string) => {
    asked.push([object === first ? "first" : "second", way]);
    return { way };
  });
  const values = [read(first, "a"), read(first, "b"), read(first, "a"), read(second, "a"), read(first, "b")];
  expect(asked).toEqual([
    ["first", "a"],
    ["first", "b"],
    ["second", "a"],
  ]);
  expect([values[0] === values[2], values[1] === values[4], values[0] === values[3]]).toEqual([true, true, false]);
});
