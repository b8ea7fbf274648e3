// Random sequences of 10,000 operations against a simple reference model: what users, controllers and failures do to a
// cluster. After each of them the plan is judged by rules that know nothing of how it is made.
// The long form: HAWSER_MODEL_SEEDS=10 npm test -- test/assignment/model-based.test.ts
import { isDeepStrictEqual } from "node:util";
import { planAssignments } from "#src/assignment/plan.ts";
import { describe, expect, it } from "vitest";
import { Dice } from "./dice.ts";
import { faultOfPlan } from "./fault-of-plan.ts";
import { ModelCluster } from "./model-cluster.ts";
import { faultOfForetold } from "./model-foretold.ts";
import { FORETOLD, OPERATIONS_BY_NAME, WEIGHTED } from "./model-operations.ts";
import { Reference } from "./reference.ts";

/** Sequences, and operations in each: one of full length by default, about 10 s of a processor. */
const SEEDS = Number(process.env["HAWSER_MODEL_SEEDS"] ?? 1);
const OPERATIONS = Number(process.env["HAWSER_MODEL_OPERATIONS"] ?? 10_000);
/** Whether a plan depends on the order costs as much as all else, and faults of that kind stay: it is asked after each of so many. */
const SHUFFLE_EVERY = 5;
/** A change is foretold in a cluster at rest, which hides what happens on the way: so it is one of so many. */
const FORETELL_EVERY = 4;

/** The rules of the reference model, and that a plan depends on nothing but its snapshot. */
function judge(cluster: ModelCluster, step: number): string | undefined {
  const before = cluster.snapshot;
  cluster.planner.plan(before, cluster.changed);
  cluster.changed.clear();
  const whole = planAssignments(before);
  if (!isDeepStrictEqual(new Map(cluster.planner.assignments), whole.assignments))
    return "the plan is not the one from nothing";
  if (!isDeepStrictEqual(cluster.planner.usage(), whole.pools)) return "the counts are not those from nothing";
  if (!isDeepStrictEqual(cluster.planner.givenUp(), whole.givenUp))
    return "it gives up other addresses than one from nothing";
  cluster.giveUp(whole.givenUp);
  const services = new Map(cluster.dice.shuffled([...before.services]));
  const isShuffled = step % SHUFFLE_EVERY === 0;
  if (isShuffled && !isDeepStrictEqual(planAssignments({ ...before, services }), whole))
    return "the plan depends on the order";
  const reference = new Reference(before, whole);
  const [over] = reference.overQuota();
  return over === undefined ? faultOfPlan(reference) : `addresses beyond its quota are kept for ${over}`;
}

/** An operation and what is wrong after it. Some are foretold first, in a cluster at rest. */
function operate(cluster: ModelCluster, name: string, step: number): string | undefined {
  const operation = OPERATIONS_BY_NAME[name] as (cluster: ModelCluster) => void;
  const isForetold = FORETOLD.includes(name) && cluster.dice.below(FORETELL_EVERY) === 0;
  if (!isForetold) operation(cluster);
  const fault = isForetold ? faultOfForetold(cluster, operation) : undefined;
  return fault ?? judge(cluster, step);
}

function run(seed: number): string | undefined {
  const cluster = new ModelCluster(new Dice(seed));
  const names: string[] = [];
  for (let step = 0; step < OPERATIONS; step++) {
    const name = cluster.dice.one(WEIGHTED);
    names.push(name);
    const fault = operate(cluster, name, step);
    if (fault !== undefined) return `seed ${seed}, step ${step}, after ${names.slice(-8).join(", ")}: ${fault}`;
    const plan = new Map(cluster.planner.assignments);
    const keys = [...plan.keys()];
    for (const key of cluster.dice.below(3) === 0 ? cluster.dice.some(keys) : keys) cluster.write(key, plan);
  }
  return undefined;
}

describe("a cluster under random operations", () => {
  it.each(Array.from({ length: SEEDS }, (_, seed) => seed + 1))(
    "H keeps every rule of the reference model, and does what is foretold, from seed %i",
    (seed) => expect(run(seed)).toBeUndefined(),
    60_000 + OPERATIONS * 100,
  );
});
