/**
 * A clock in nanoseconds since 1970 that is never set back: it starts with the wall clock, whose milliseconds it takes, and goes on with
 * CLOCK_MONOTONIC. For a minute or so: after that the two may have gone apart.
 */
export function startWallClock(): () => bigint {
  const offset = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
  return () => process.hrtime.bigint() + offset;
}
