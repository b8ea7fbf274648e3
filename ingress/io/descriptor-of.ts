import type { Server, Socket } from "node:net";

/** The descriptor of a server that listens, or of a socket; undefined: it has none now, or Node does not tell. */
export function descriptorOf(one: Server | Socket): number | undefined {
  // oxlint-disable-next-line no-underscore-dangle -- as Node names it
  const { _handle: handle } = one as unknown as { readonly _handle?: { readonly fd?: number } | null };
  const descriptor = handle?.fd;
  return descriptor !== undefined && descriptor >= 0 ? descriptor : undefined;
}
