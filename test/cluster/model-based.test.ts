// 10,000 random operations on a cluster with real controllers: the long form of test/controller/model-based.test.ts, about
// 30 s of a processor. It needs no Kubernetes, and is here because `npm test` is for what is quick.
import { describe, expect, it } from "vitest";
import { runModel } from "#test/controller/run-model.ts";

const SEEDS = Number(process.env["HAWSER_MODEL_SEEDS"] ?? 1);
const OPERATIONS = Number(process.env["HAWSER_MODEL_OPERATIONS"] ?? 10_000);
/** The seeds of `npm test` are others. */
const FIRST_SEED = 11;

describe("a cluster with two replicas of the controller, under 10,000 random operations", () => {
  it.each(Array.from({ length: SEEDS }, (_, seed) => FIRST_SEED + seed))(
    "H keeps every rule of the reference model, from seed %i",
    async (seed) => expect(await runModel(seed, OPERATIONS)).toBeUndefined(),
    60_000 + OPERATIONS * 100,
  );
});
