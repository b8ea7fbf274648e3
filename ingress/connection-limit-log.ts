import type { Logger } from "#src/process/log.ts";

/** What is counted where connections or memory run out. */
interface LimitFigures {
  /** Idle client connections closed for new ones. */
  readonly displaced: number;
  /** Client connections that found no place. */
  readonly refused: number;
  /** Clients closed because they did not read. */
  readonly slow: number;
  /** Connections of trusted proxies that did not begin with a header of the PROXY protocol. */
  readonly headless: number;
}

/**
 * Logs how many clients were closed because a limit was reached, if any. Call the result every few seconds: it logs what
 * came since the last call.
 */
export function connectionLimitLog(log: Logger, figures: () => LimitFigures): () => void {
  let last = figures();
  return () => {
    const now = figures();
    const displaced = now.displaced - last.displaced;
    const refused = now.refused - last.refused;
    const slow = now.slow - last.slow;
    const headless = now.headless - last.headless;
    last = now;
    if (displaced + refused > 0) log.warn({ displaced, refused }, "client connections reached their limit");
    if (slow > 0) log.warn({ slow }, "clients that did not read were closed to bound memory");
    if (headless > 0)
      log.warn({ headless }, "connections from trusted proxies had no header of the PROXY protocol and were closed");
  };
}
