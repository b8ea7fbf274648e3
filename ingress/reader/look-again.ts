import { delay } from "#src/process/clock.ts";

/** How often certificates are looked at for their end. */
const CERTIFICATES_MS = 3_600_000;

/** Calls back now and then, until the signal aborts: certificates grow old without any change of an object. */
export async function lookAgain(signal: AbortSignal, look: () => void): Promise<void> {
  while (!signal.aborted) {
    await delay(CERTIFICATES_MS, signal).catch(() => undefined);
    if (!signal.aborted) look();
  }
}
