import { ServiceReader } from "#controller/snapshot.ts";
import { UnseenWrites } from "#controller/unseen-writes.ts";
import type { KubeObject } from "#src/model/object.ts";
import { describe, expect, it } from "vitest";
import { serviceObject } from "./world.ts";

/** A Service that counts how often its spec is looked at. */
function counted(name: string): { object: KubeObject; reads: () => number } {
  let reads = 0;
  const object = serviceObject(name);
  const { spec } = object as { spec?: unknown };
  Object.defineProperty(object, "spec", { enumerable: true, get: () => (reads++, spec) });
  return { object, reads: () => reads };
}

describe("ServiceReader", () => {
  it("parses a changed object, and no other", () => {
    const reader = new ServiceReader(() => {});
    const writes = new UnseenWrites();
    const [a, b, changed] = [counted("a"), counted("b"), counted("b")];
    const first = reader.read(
      new Map([
        ["default/a", a.object],
        ["default/b", b.object],
      ]),
      writes,
    );
    const reads = a.reads();
    expect(reads).toBeGreaterThan(0);
    const second = reader.read(
      new Map([
        ["default/a", a.object],
        ["default/b", changed.object],
      ]),
      writes,
    );
    expect(a.reads()).toBe(reads);
    expect(changed.reads()).toBe(reads);
    expect(second.services.get("default/a")).toBe(first.services.get("default/a"));
  });
});
