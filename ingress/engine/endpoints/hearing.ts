import type { Acknowledgement } from "#src/linux/acknowledgement.ts";

/** When it is asked whether what was sent has been heard. */
export const QUESTION_AFTER_MS = 100;
/**
 * So long is silence. Kernels acknowledge within 40 ms (Linux: TCP_DELACK_MIN) and a round trip, however slow the program is; what is lost on the way is
 * sent again after 200 ms.
 */
const SILENCE_MS = 60;
/** Of farther endpoints so short a time says nothing. */
const FAR_MS = 10;

/**
 * Whether the kernel of an endpoint has heard what was sent to it. `early`: so little time has passed that it need not have; `unknown`: it
 * cannot be known. `waitedMs`: since a connection was asked for, where there is none.
 */
export function hearing(
  said: Acknowledgement | undefined,
  { isConnected, waitedMs }: { readonly isConnected: boolean; readonly waitedMs: number },
): "heard" | "unheard" | "early" | "unknown" {
  if (said === undefined || (!isConnected && !said.isConnecting)) return "unknown";
  if (!isConnected) return waitedMs < SILENCE_MS ? "early" : "unheard";
  if (said.isWhole) return "heard";
  if (said.roundTripMs > FAR_MS) return "unknown";
  const isSentBefore = said.sentMs >= SILENCE_MS || said.timesSentAgain > 0;
  return isSentBefore && said.silentMs >= SILENCE_MS ? "unheard" : "early";
}
