import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { SharedTable } from "#ingress/shared/shared-table.ts";

const shape = { sets: 2, ways: 2, words: 2 };
const secret = "s";
const ROUNDS = 20_000;

/** Counts up an entry that it shares with other threads, without any atomic step but the lock. */
const COUNTING = `
import { workerData } from "node:worker_threads";
const { SharedTable } = await import(workerData.module);
const table = new SharedTable(workerData.memory, workerData.shape, { owner: workerData.owner, secret: "s" });
const key = table.keyOf("k");
for (let round = 0; round < workerData.rounds; round++)
  table.locked([key.set], () => {
    let entry = table.find(key);
    if (entry === -1) {
      [entry] = table.entries(key.set);
      table.claim(entry, key);
    }
    table.words[entry] = table.words[entry] + 1;
  });
`;

describe("SharedTable", () => {
  it("loses nothing that threads do at once", async () => {
    const memory = SharedTable.memory(shape);
    const module = new URL("../../../ingress/shared/shared-table.ts", import.meta.url).href;
    const url = new URL(`data:text/javascript,${encodeURIComponent(COUNTING)}`);
    const threads = [1, 2, 3].map(
      (owner) => new Worker(url, { workerData: { memory, shape, owner, module, rounds: ROUNDS } }),
    );
    expect(await Promise.all(threads.map(async (thread) => (await once(thread, "exit"))[0] as number))).toEqual([
      0, 0, 0,
    ]);
    const table = new SharedTable(memory, shape, { owner: 4, secret });
    expect(table.words[table.find(table.keyOf("k"))]).toBe(3 * ROUNDS);
  });

  it("opens the locks that a dead thread has left, and no others", () => {
    const memory = SharedTable.memory(shape);
    const table = new SharedTable(memory, shape, { owner: 1, secret });
    Atomics.store(table.words, 0, 7);
    Atomics.store(table.words, 1, 8);
    table.unlockOf(7);
    expect([...table.words.subarray(0, 2)]).toEqual([0, 8]);
    expect(table.locked([0], () => "in")).toBe("in");
  });
});
