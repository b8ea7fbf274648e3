import { Dice } from "#test/assignment/dice.ts";
import { addressesOf, leavingOf, ModelCluster } from "./model-cluster.ts";
import { faultOfStatuses } from "./fault-of-statuses.ts";
import { OPERATIONS_BY_NAME, WEIGHTED } from "./model-operations.ts";

/** Runs so many operations from a seed. Resolves with the first rule that was broken, and undefined if none was. */
export async function runModel(seed: number, operations: number): Promise<string | undefined> {
  const cluster = new ModelCluster(new Dice(seed));
  await cluster.start();
  const names: string[] = [];
  for (let step = 0; step < operations; step++) {
    const name = cluster.dice.one(WEIGHTED);
    const services = cluster.services();
    const before = new Map(
      services.map((one) => [one.metadata.name, addressesOf(one).filter((ip) => !leavingOf(one).includes(ip))]),
    );
    const touched = (await OPERATIONS_BY_NAME[name]?.(cluster)) ?? [];
    names.push(`${name} ${touched.join()}`);
    await cluster.calm();
    const fault = faultOfStatuses(cluster, before, touched);
    if (fault !== undefined) return `seed ${seed}, step ${step}, after ${names.slice(-8).join("; ")}: ${fault}`;
  }
  await cluster.stop();
  return undefined;
}
