/** A connection, and what it has served. */
interface Served {
  readonly requestCount: number;
  readonly openedMs: number;
}

/** How much a connection may serve; 0: any number, at any age. */
export interface ConnectionLife {
  readonly requests: number;
  readonly ms: number;
}

/** Whether the request that is on a connection is the last one there. As at nginx, none ends for its age before it has served another one. */
export function isSpent({ requestCount, openedMs }: Served, { requests, ms }: ConnectionLife, nowMs: number): boolean {
  return (requests > 0 && requestCount >= requests) || (ms > 0 && nowMs - openedMs >= ms);
}

/** Whether it is the last one of a client's connection, which also end with the program. */
export function isLastRequest(
  context: {
    readonly isDraining: boolean;
    readonly nowMs: number;
    readonly limits: { readonly connectionLife: ConnectionLife };
  },
  connection: Served,
): boolean {
  return context.isDraining || isSpent(connection, context.limits.connectionLife, context.nowMs);
}
