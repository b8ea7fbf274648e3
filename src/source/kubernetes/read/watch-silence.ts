import { pause, type Timing } from "#src/source/kubernetes/api/timing.ts";
import { failure } from "#src/source/kubernetes/api/transport.ts";

/** A server sends a bookmark a minute: a watch that is silent for longer than two is dead, whatever TCP says. */
const STALL_MS = 150_000;

/** Calls `onSilence` when nothing was heard for long, until `done`. Returns what is to be called for each thing heard. */
export function watchSilence(timing: Timing, done: AbortSignal, onSilence: () => void): () => void {
  let isSilent = true;
  const look = async (): Promise<void> => {
    await pause(timing, STALL_MS, done);
    if (done.aborted) return;
    if (isSilent) return onSilence();
    isSilent = true;
    return look();
  };
  void look();
  return () => {
    isSilent = false;
  };
}

/** Why a silent watch ends. */
export function silence(): Error {
  return failure("ETIMEDOUT", "the watch is silent, without bookmarks");
}
