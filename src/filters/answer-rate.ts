/** How fast the body of an answer is sent. */
export interface AnswerRate {
  readonly bytesPerSecond: number;
  /** So many first bytes do not count. */
  readonly uncountedBytes: number;
}

/**
 * Whether more of a body may be sent. As in nginx a second's bytes may come at once, and what was not sent in one second may be
 * in the next.
 */
export function maySendMore(
  { bytesPerSecond, uncountedBytes }: AnswerRate,
  { sentBytes, elapsedMs }: { readonly sentBytes: number; readonly elapsedMs: number },
): boolean {
  return sentBytes - uncountedBytes < bytesPerSecond * (1 + Math.floor(elapsedMs / 1_000));
}
