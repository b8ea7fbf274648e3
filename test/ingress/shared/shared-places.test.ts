import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GiveBack } from "#ingress/io/connection-gate.ts";
import { SharedPlaces } from "#ingress/shared/shared-places.ts";
import { SharedTable } from "#ingress/shared/shared-table.ts";

const WORKERS = 3;
const secret = "s";

function places(keys = 1_000) {
  const shape = SharedPlaces.shape(keys, WORKERS);
  const memory = SharedTable.memory(shape);
  const of = (worker: number) =>
    new SharedPlaces(new SharedTable(memory, shape, { owner: worker + 1, secret }), { worker, workers: WORKERS });
  return Array.from({ length: WORKERS }, (_, worker) => of(worker));
}

describe("SharedPlaces", () => {
  it("gives each key as many places as it may have, over all workers, and takes back what a dead one had", () => {
    const step = fc.record({
      kind: fc.constantFrom("take", "take", "give", "die"),
      worker: fc.nat({ max: WORKERS - 1 }),
      key: fc.constantFrom("a", "b"),
      pick: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 5 }), (steps, most) => {
        const all = places();
        let held: { readonly worker: number; readonly key: string; readonly giveBack: GiveBack }[] = [];
        for (const { kind, worker, key, pick } of steps) {
          if (kind === "die") {
            all[(worker + 1) % WORKERS]!.clear(worker);
            held = held.filter((one) => one.worker !== worker);
          } else if (kind === "give") {
            const [one] = held.splice(held.length === 0 ? 0 : pick % held.length, 1);
            one?.giveBack();
          } else {
            const giveBack = all[worker]!.take(key, most);
            expect(giveBack !== undefined).toBe(held.filter((one) => one.key === key).length < most);
            if (giveBack !== undefined) held.push({ worker, key, giveBack });
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it("has room for as many keys as it was made for, and says so beyond what it can hold", () => {
    const [one] = places(1_000);
    const taken = Array.from({ length: 1_000 }, (_, key) => one!.take(String(key), 1));
    expect(taken.every((giveBack) => giveBack !== undefined)).toBe(true);
    const more = Array.from({ length: 20_000 }, (_, key) => one!.take(`more ${key}`, 1));
    expect(more.some((giveBack) => giveBack === undefined)).toBe(true);
  });

  it("takes back what a dead one had while another that has died still has the locks, and gives all of it again", () => {
    const shape = SharedPlaces.shape(1_000, WORKERS);
    const memory = SharedTable.memory(shape);
    const open = (worker: number) => new SharedTable(memory, shape, { owner: worker + 1, secret });
    const [table, other] = [open(0), new SharedPlaces(open(2), { worker: 2, workers: WORKERS })];
    const dead = new SharedPlaces(table, { worker: 0, workers: WORKERS });
    const room = shape.sets * shape.ways;
    for (let key = 0; key < 8 * room; key++) dead.take(`old ${key}`, 1);
    expect(other.take("one more", 1)).toBeUndefined();
    for (let set = 0; set < shape.sets; set++) Atomics.store(table.words, set, 2);
    other.clear(0);
    table.unlockOf(2);
    const taken = Array.from({ length: 1_000 }, (_, key) => other.take(`new ${key}`, 1));
    expect(taken.every((giveBack) => giveBack !== undefined)).toBe(true);
  });
});
