/** For waits in a migration: the API server takes minutes to say the same on a machine with many suites. */
export const PATIENT = { timeoutMs: 200_000 } as const;

/** What a test that waits so, and what goes before the tests, may take: the wait ends first, and says what it saw last. */
export const STEP_MS = 300_000;
