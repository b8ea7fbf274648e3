/** For `vi.waitFor` and `vi.waitUntil`: ends a wait that would hang. It claims nothing about speed: a busy machine is slow, not wrong. */
export const eventually = { timeout: 60_000, interval: 10 };
