import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConnectionGate, type GateLimits, type GiveBack } from "#ingress/io/connection-gate.ts";
import { makeSharedMemory, openSharedMemory } from "#ingress/workers/shared-memory.ts";

const WORKERS = 3;

function gates(limits: GateLimits) {
  const memory = makeSharedMemory(WORKERS, limits);
  const open = (index: number) => openSharedMemory(memory, index);
  return { workers: Array.from({ length: WORKERS }, (_, index) => open(index).gatePlaces), keeper: open(WORKERS) };
}

interface Held {
  readonly worker: number;
  readonly address: string;
  readonly giveBack: GiveBack;
}

/** How many of these a bound counts: what a worker has to itself is counted whether it is taken or not. */
function counted(held: readonly Held[], bound: number): number {
  const kept = bound >= 4 * WORKERS ? 1 : 0;
  const of = (worker: number) => held.filter((one) => one.worker === worker).length;
  return Array.from({ length: WORKERS }, (_, worker) => Math.max(kept, of(worker))).reduce((sum, count) => sum + count);
}

/** What one more of a worker is told. */
function expected(
  held: readonly Held[],
  next: Omit<Held, "giveBack">,
  limits: GateLimits,
): "address" | "all" | "taken" {
  const after = [...held, { ...next, giveBack: () => undefined }];
  const ofAddress = after.filter(({ address }) => address === next.address);
  const { connections, connectionsPerAddress } = limits;
  if (connectionsPerAddress !== 0 && counted(ofAddress, connectionsPerAddress) > connectionsPerAddress)
    return "address";
  return counted(after, connections) > connections ? "all" : "taken";
}

describe("SharedGatePlaces", () => {
  it("H10 keeps both bounds over all workers, and a place for each worker where they have room for that", () => {
    const step = fc.record({
      kind: fc.constantFrom("take", "take", "take", "give", "die"),
      worker: fc.nat({ max: WORKERS - 1 }),
      address: fc.constantFrom("192.0.2.1", "2001:db8::1"),
      pick: fc.nat(),
    });
    const bounds = fc.record({
      connections: fc.integer({ min: 1, max: 18 }),
      connectionsPerAddress: fc.integer({ min: 0, max: 15 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), bounds, (steps, limits) => {
        const { workers, keeper } = gates(limits);
        let held: Held[] = [];
        for (const { kind, worker, address, pick } of steps) {
          if (kind === "die") {
            keeper.clear(worker);
            held = held.filter((one) => one.worker !== worker);
          } else if (kind === "give") {
            const [one] = held.splice(held.length === 0 ? 0 : pick % held.length, 1);
            one?.giveBack();
          } else {
            const taken = workers[worker]!.take(address);
            expect(typeof taken === "function" ? "taken" : taken).toBe(expected(held, { worker, address }, limits));
            if (typeof taken === "function") held.push({ worker, address, giveBack: taken });
          }
          expect(held.length).toBeLessThanOrEqual(limits.connections);
        }
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    { bound: "all", limits: { connections: 20, connectionsPerAddress: 0 }, taken: 18 },
    { bound: "an address", limits: { connections: 100, connectionsPerAddress: 12 }, taken: 10 },
  ])(
    "H10 lets a worker that has just started in where others hold all that the bound of $bound gives them",
    ({ limits, taken }) => {
      const { workers } = gates(limits);
      const tries = Array.from({ length: 40 }, () => workers[0]!.take("192.0.2.1"));
      expect(tries.filter((one) => typeof one === "function").length).toBe(taken);
      expect(workers.slice(1).map((worker) => typeof worker.take("192.0.2.1"))).toEqual(["function", "function"]);
    },
  );

  it("H10 lets one worker have all of a small bound", () => {
    const { workers } = gates({ connections: 100, connectionsPerAddress: 11 });
    const tries = Array.from({ length: 40 }, () => workers[0]!.take("192.0.2.1"));
    expect(tries.filter((one) => typeof one === "function").length).toBe(11);
  });

  it("H10 takes a place that it has made before another worker can", () => {
    const limits = { connections: 20, connectionsPerAddress: 0 };
    const { workers } = gates(limits);
    const [first, second] = workers.map((places) => new ConnectionGate(limits, () => 0, places)) as [
      ConnectionGate,
      ConnectionGate,
    ];
    // While the first closes one, the second lets in whom it can.
    const ofFirst = { destroy: () => void second.admit({ destroy: () => undefined }, "192.0.2.2") };
    const count = limits.connections - (WORKERS - 1);
    for (let at = 0; at < count; at++) first.admit(ofFirst, "192.0.2.1");
    second.admit({ destroy: () => undefined }, "192.0.2.2");
    const held = [first.size, second.size];
    for (let at = 0; at < 100; at++) first.admit(ofFirst, "192.0.2.1");
    expect([first.size, second.size]).toEqual(held);
    expect([first.refused, second.refused]).toEqual([0, 0]);
  });
});
