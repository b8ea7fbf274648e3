import { describe, expect, it } from "vitest";
import { LastGood } from "#src/configuration/last-good.ts";
import { configMap } from "#test/model/build.ts";

const of = (range: string) => configMap(`address-pools: [{ name: p, protocol: layer2, addresses: [${range}] }]`);
const GOOD = "192.0.2.0/28";
const BAD = "192.0.2.9-192.0.2.1";

describe("LastGood", () => {
  it("reads each version once, whatever object it comes in", () => {
    const lastGood = new LastGood();
    expect(lastGood.configuration).toBeUndefined();
    expect(lastGood.read(undefined)).toBeUndefined();
    const first = of(GOOD);
    expect(lastGood.read(first)?.kind).toBe("good");
    const { configuration } = lastGood;
    expect(configuration?.pools.map(({ name }) => name)).toEqual(["p"]);
    expect(lastGood.read(first)).toBeUndefined();
    expect(lastGood.read(of(GOOD))).toBeUndefined();
    expect(lastGood.configuration).toBe(configuration);
    expect(lastGood.isStale).toBe(false);
  });

  it.each([
    { name: "a broken one", object: of(BAD), kind: "bad" },
    { name: "none", object: undefined, kind: "gone" },
  ])("$name leaves the last good configuration in use until there is a good one", ({ object, kind }) => {
    const lastGood = new LastGood();
    lastGood.read(of(GOOD));
    const { configuration } = lastGood;
    expect(lastGood.read(object)?.kind).toBe(kind);
    expect(lastGood.configuration).toBe(configuration);
    expect(lastGood.isStale).toBe(true);
    expect(lastGood.read(of(GOOD))?.kind).toBe("good");
    expect(lastGood.isStale).toBe(false);
  });
});
