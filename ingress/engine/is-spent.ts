/** What a connection has served. */
interface ServedSoFar {
  readonly requests: number;
  /** When it was opened. */
  readonly openedMs: number;
}

/** How much it may serve; 0: any number, at any age. */
export interface ConnectionLife {
  readonly requests: number;
  readonly ms: number;
}

/** Whether the request that is on a connection is the last one there. As at nginx, none ends for its age before it has served another one. */
export function isSpent(
  { requests, openedMs }: ServedSoFar,
  { most, nowMs }: { readonly most: ConnectionLife; readonly nowMs: number },
): boolean {
  return (most.requests > 0 && requests >= most.requests) || (most.ms > 0 && nowMs - openedMs >= most.ms);
}

/** Whether it is the last one of a client's connection, which also end with the program. */
export function isLastRequest(
  context: {
    readonly isDraining: boolean;
    readonly nowMs: number;
    readonly limits: { readonly connectionLife: ConnectionLife };
  },
  served: ServedSoFar,
): boolean {
  const { isDraining, nowMs, limits } = context;
  return isDraining || isSpent(served, { most: limits.connectionLife, nowMs });
}
