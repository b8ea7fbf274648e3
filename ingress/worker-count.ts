import { grantedCores } from "#src/process/granted-cores.ts";

/** More are made only where they are asked for: on a large machine without limits few proxies need more. */
const MOST_BY_DEFAULT = 8;
/** Of a limit of memory, for each worker: what one needs under load, with its part of the buffers for slow clients. */
const WORKER_BYTES = 134_217_728;

/** What the program is granted. */
export interface GrantedShare {
  readonly cores: number;
  /** Of memory; undefined or 0: there is no limit. */
  readonly bytes: number | undefined;
}

/** How many workers serve requests: as many as were asked for, else one for each core, as far as the memory goes. */
export function workerCount(asked: number | undefined, granted: GrantedShare = grantedShare()): number {
  if (asked !== undefined) return asked;
  const { cores, bytes = 0 } = granted;
  const roomFor = bytes === 0 ? MOST_BY_DEFAULT : Math.floor(bytes / WORKER_BYTES);
  return Math.max(1, Math.min(MOST_BY_DEFAULT, cores, roomFor));
}

function grantedShare(): GrantedShare {
  return { cores: grantedCores(), bytes: process.constrainedMemory() };
}
