import { afterEach, describe, expect, it } from "vitest";
import { configObject, pools, serviceObject, World } from "./world.ts";

let world = new World();
afterEach(() => world.stop());

const text = expect.any(String) as string;
const form = { msg: "problem", where: text, what: text, why: text, fix: text };
const problemLines = () => world.lines.filter(({ code }) => code !== undefined);

describe("O9 the controller logs problems in one form", () => {
  it("a Service that stays pending at warn, once", async () => {
    world = new World();
    world.source.put(pools("192.0.2.1/32"), serviceObject("a"), serviceObject("b"));
    await world.start();
    world.source.put(serviceObject("c"));
    await world.idle();
    const pending = problemLines().filter(({ code }) => code === "SERVICE_PENDING");
    expect(pending.map(({ service }) => service)).toEqual(["default/b", "default/c"]);
    expect(pending[0]).toMatchObject({
      ...form,
      level: "warn",
      reason: "PoolExhausted",
    });
  });

  it("a configuration and a Service that cannot be read", async () => {
    world = new World();
    world.source.put(configObject("address-pools: 5"), serviceObject("a", { spec: { ports: 5 } }));
    await world.start();
    const codes = problemLines().map(({ code }) => code);
    expect(codes).toEqual(expect.arrayContaining(["FIELD_WRONG_TYPE", "FIELD_MISSING"]));
    for (const line of problemLines()) expect(line).toMatchObject({ ...form, level: "error" });
  });
});
