import type { PathClaim } from "./merge-host.ts";

/** A path of a host, for messages. */
export function printClaim(host: string, { path, pathType }: PathClaim): string {
  const shownHost = host === "" ? "*" : host;
  return pathType === "default" ? `the default backend of ${shownHost}` : `${shownHost}${path} (${pathType})`;
}
