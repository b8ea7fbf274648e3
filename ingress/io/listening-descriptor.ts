import type { Server } from "node:net";

/** The descriptor of a server that listens; undefined: it does not, or Node does not tell. */
export function listeningDescriptor(server: Server): number | undefined {
  // oxlint-disable-next-line no-underscore-dangle -- as Node names it
  const { _handle: handle } = server as unknown as { readonly _handle?: { readonly fd?: number } | null };
  const descriptor = handle?.fd;
  return descriptor !== undefined && descriptor >= 0 ? descriptor : undefined;
}
