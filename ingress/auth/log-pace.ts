import { RecentMap } from "#src/collections/recent-map.ts";

/** How often the log says the same: clients make a question fail as often as they like. */
const EVERY_MS = 10_000;
const MAX_KEYS = 1_024;

/** Says of each key whether it may be logged now: every 10 s at most. `clockMs`: monotonic milliseconds. */
export function logPace(clockMs: () => number): (key: string) => boolean {
  const said = new RecentMap<number>(MAX_KEYS);
  return (key) => {
    const nowMs = clockMs();
    const lastMs = said.get(key);
    if (lastMs !== undefined && nowMs - lastMs < EVERY_MS) return false;
    said.set(key, nowMs);
    return true;
  };
}
