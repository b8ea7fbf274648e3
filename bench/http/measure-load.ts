import { setTimeout as delay } from "node:timers/promises";
import { cpuSeconds } from "#bench/cpu-seconds.ts";
import { loadHttp, type Shape } from "./load.ts";
import type { Running } from "./systems.ts";

/** After a run the sockets of the last one are still being closed. */
const SETTLE_MS = 100;

/** CPU of a request of this load at a system, requests a second, and the time within which 99 % were answered. */
export async function measureLoad(
  { pid, port, securePort }: Running,
  shape: Shape,
  of: { readonly seconds: number; readonly pin: readonly string[] },
): Promise<{ readonly cpuUs: number; readonly perSecond: number; readonly p99Ms: number }> {
  const before = cpuSeconds(pid);
  const { requests, perSecond, p99Ms } = await loadHttp(shape.isSecure === true ? securePort : port, shape, of);
  const cpu = cpuSeconds(pid) - before;
  await delay(SETTLE_MS);
  return { cpuUs: (cpu * 1e6) / requests, perSecond, p99Ms };
}
