// Random operations on a cluster with real controllers, over a source in memory: users, their edits of what Hawser notes,
// pools in both forms, failed writes, restarts, kills and a second replica. After each of them what the statuses say is judged by
// rules that know nothing of how it is decided. The sequence of 10,000 is test/cluster/model-based.test.ts.
import { describe, expect, it } from "vitest";
import { runModel } from "./run-model.ts";

const SEEDS = 2;
const OPERATIONS = 200;

describe("a cluster with two replicas of the controller, under random operations", () => {
  it.each(Array.from({ length: SEEDS }, (_, seed) => seed + 1))(
    "H keeps every rule of the reference model, from seed %i",
    async (seed) => expect(await runModel(seed, OPERATIONS)).toBeUndefined(),
  );
});
