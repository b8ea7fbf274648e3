import { useEffect, useState } from "./preact.js";

/** The time of the server, in milliseconds since 1970, once a second. */
export function useNow(aheadMs: number): number {
  const [nowMs, setNowMs] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return nowMs + aheadMs;
}
