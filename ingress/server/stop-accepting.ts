import type { Server } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { countHalfOpen } from "#src/linux/half-open.ts";
import { dropNewConnections } from "#src/linux/drop-new-connections.ts";
import { monotonicMs } from "#src/process/clock.ts";
import type { ListenHandle } from "#src/process/listen.ts";
import { descriptorOf } from "#ingress/io/descriptor-of.ts";

/** For connections that are half made: those of a flood would never be whole. */
const HALF_OPEN_MS = 1_000;
/** For the queue where the kernel does not drop what asks for connections: clients go on coming. */
const QUEUE_MS = 1_000;
/** Between two looks at half-made connections. */
const LOOK_MS = 20;

/** One server, and what made it listen. */
export interface Accepting {
  readonly server: Server;
  readonly listener: ListenHandle;
}

/**
 * Closes listening sockets when all is accepted that clients have connected to or are connecting to: what waits at a socket that is
 * closed would be reset. That takes `timeoutMs` at most, and resolves with what is left of it; `accepted` counts connections.
 */
export async function stopAccepting(
  all: readonly Accepting[],
  { timeoutMs, accepted }: { readonly timeoutMs: number; readonly accepted: () => number },
): Promise<number> {
  const beganMs = monotonicMs();
  const isTime = (mostMs: number): boolean => monotonicMs() - beganMs < Math.min(mostMs, timeoutMs);
  const descriptors = all.map(({ server }) => descriptorOf(server)).filter((one) => one !== undefined);
  const isEndless = descriptors.map(dropNewConnections).includes(false);
  if (!isEndless) {
    const ports = new Set(all.map(({ listener }) => listener.port));
    while ((await countHalfOpen(ports)) !== 0 && isTime(HALF_OPEN_MS)) await sleep(LOOK_MS);
  }
  let before = Number.NaN;
  while (before !== accepted() && isTime(isEndless ? QUEUE_MS : timeoutMs)) {
    before = accepted();
    // The first ends the turn that it is in, the second one is behind all that was there to be accepted.
    await nextTurn();
    await nextTurn();
  }
  for (const { listener } of all) listener.close();
  return timeoutMs - (monotonicMs() - beganMs);
}
