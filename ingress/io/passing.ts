import { HelloWatch, type HelloWatchOptions } from "./hello-watch.ts";
import type { PrefaceSource } from "./proxy-preface.ts";
import type { Accept } from "./servers.ts";

/** Which connections of a server for TLS are not read, but passed on. */
export interface Passing {
  /** Whether any is, now: otherwise nothing of a connection is looked at before its handshake. */
  readonly isOn: () => boolean;
  /** What takes the connections of clients that mean this server, as they came; undefined: they shake hands. */
  readonly acceptFor: (serverName: string) => Accept | undefined;
}

/** What becomes of a connection. */
interface Ways {
  readonly pass: (accept: Accept) => void;
  /** `leftMs`: what is left of the time for its handshake; undefined: all. */
  readonly shake: (leftMs?: number) => void;
}

/** Sends each connection that was let in one of two ways: it is passed on, or shakes hands. */
export function waysOf(passing: Passing | undefined, options: HelloWatchOptions) {
  const watch = new HelloWatch(options);
  return (source: PrefaceSource, { pass, shake }: Ways): void => {
    if (passing?.isOn() !== true) return shake();
    return watch.read(source, ({ serverName, leftMs }) => {
      const accept = serverName === undefined ? undefined : passing.acceptFor(serverName);
      if (accept === undefined) shake(leftMs);
      else pass(accept);
    });
  };
}
