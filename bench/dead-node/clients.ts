import { setTimeout as delay } from "node:timers/promises";

/** Longer than what nginx waits for an endpoint by default that takes no connections, shorter than for one that is silent. */
const PATIENCE_MS = 15_000;
const WARM_UP_MS = 1_500;
const [port, clients, seconds] = process.argv.slice(2).map(Number) as [number, number, number];
const warmMs = performance.now() + WARM_UP_MS;
const endsMs = warmMs + 1_000 * seconds;
let [slowestMs, failed, asked] = [0, 0, 0];

/** Asks one request after the other until the time is over. */
async function ask(): Promise<void> {
  while (performance.now() < endsMs) {
    const beganMs = performance.now();
    const isGood = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(PATIENCE_MS) })
      .then(async (answer) => (await answer.arrayBuffer()).byteLength > 0 && answer.status === 200)
      .catch(() => false);
    // The first ones wait for the client's own code.
    if (beganMs < warmMs) continue;
    asked++;
    if (!isGood) failed++;
    slowestMs = Math.max(slowestMs, performance.now() - beganMs);
  }
}

void delay(WARM_UP_MS).then(() => console.log("asking"));
await Promise.all(Array.from({ length: clients }, ask));
console.log(JSON.stringify({ slowestMs, failed, asked }));
