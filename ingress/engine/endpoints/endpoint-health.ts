import { type BackOff, doubledMs } from "#src/process/back-off.ts";
import type { BackendEndpoint } from "#src/routing/route-table.ts";

/** Connections in a row that were refused before an endpoint is skipped. */
const FAILURES_BEFORE_EJECTION = 2;
/** For how long it is skipped. */
const EJECTION: BackOff = { firstMs: 5_000, longestMs: 60_000 };
/** Endpoints with failures that are remembered; the oldest is forgotten for a new one. */
const MAX_REMEMBERED = 4_096;
/** An endpoint without a failure for so long is gone, or nothing asks for it. Longer than any pause between trials. */
const FORGET_AFTER_MS = 600_000;

interface Failing {
  failures: number;
  ejections: number;
  /** Until then it is skipped, and after that until a trial has gone well; 0: it is not skipped. */
  untilMs: number;
  /** It is skipped because of a sign of death. */
  isDead: boolean;
  /** Whether it is back is being tried. */
  isOnTrial: boolean;
  /** When it failed last. */
  failedMs: number;
}

/**
 * Which endpoints could not be connected to lately. Those that fail again and again are ejected for a growing time, at
 * most half of a backend; then it is tried. An endpoint that answers is forgotten at once.
 */
export class EndpointHealth {
  readonly #failing = new Map<string, Failing>();
  readonly #nowMs: () => number;
  /** How often an endpoint was ejected, since the start. */
  ejections = 0;
  /** Called with the key of each endpoint that is ejected. */
  onEjection: (key: string) => void = () => undefined;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Nothing failed lately: all may be picked. */
  get isClear(): boolean {
    return this.#failing.size === 0;
  }

  /** Endpoints that are skipped now. */
  get ejectedCount(): number {
    return [...this.#failing.values()].filter(({ untilMs }) => untilMs > this.#nowMs()).length;
  }

  isEjected({ key }: BackendEndpoint): boolean {
    return (this.#failing.get(key)?.untilMs ?? 0) > this.#nowMs();
  }

  /** It is ejected, or was and has not been tried since. A request that goes there all the same takes a new connection. */
  isOut({ key }: BackendEndpoint): boolean {
    return (this.#failing.get(key)?.untilMs ?? 0) !== 0;
  }

  /** It is skipped, and nothing that waits for it will be answered. */
  isDead({ key }: BackendEndpoint): boolean {
    const failing = this.isClear ? undefined : this.#failing.get(key);
    return failing !== undefined && failing.isDead && failing.untilMs > this.#nowMs();
  }

  /** Whether it is time to try it. Says so once; the trial ends with `onSuccess` or `onFailure`. */
  takeTrial(endpoint: BackendEndpoint): boolean {
    const failing = this.#failing.get(endpoint.key);
    if (failing === undefined || failing.isOnTrial || failing.untilMs === 0 || this.isEjected(endpoint)) return false;
    failing.isOnTrial = true;
    return true;
  }

  /** It took a connection, or answered. */
  onSuccess({ key }: BackendEndpoint): void {
    this.#failing.delete(key);
  }

  /** An idle connection to it died of silence, or another that balances has ejected it: it is tried before a request goes there. */
  onIdleDeath({ key }: Pick<BackendEndpoint, "key">): void {
    const failing = this.#failing.get(key) ?? newFailing();
    if (failing.untilMs !== 0) return;
    failing.untilMs = this.#nowMs();
    this.#remember(key, failing);
  }

  /**
   * Its kernel has not acknowledged what was sent for some moments: it is tried before another request goes there. Where another request finds the
   * same meanwhile, that is a sign of death.
   */
  onSilence(endpoint: BackendEndpoint, endpoints: readonly BackendEndpoint[]): void {
    if (this.isOut(endpoint)) this.onFailure(endpoint, endpoints, true);
    else this.onIdleDeath(endpoint);
  }

  /**
   * A connection could not be opened, or led nowhere; `endpoints` are all of the backend. One sign of a dead node is
   * enough, because each further request would wait for as long.
   */
  onFailure({ key }: BackendEndpoint, endpoints: readonly BackendEndpoint[], isSignOfDeath: boolean): void {
    const failing = this.#failing.get(key) ?? newFailing();
    const nowMs = this.#nowMs();
    // Requests that were under way together fail together: that is one ejection.
    if (failing.untilMs > nowMs && !failing.isOnTrial) return;
    this.#remember(key, failing);
    failing.failures += 1;
    failing.isOnTrial = false;
    failing.untilMs = 0;
    failing.isDead = isSignOfDeath;
    if (!isSignOfDeath && failing.failures < FAILURES_BEFORE_EJECTION) return;
    const others = endpoints.filter((endpoint) => endpoint.key !== key && this.isEjected(endpoint)).length;
    if (others + 1 > endpoints.length / 2) return;
    failing.untilMs = nowMs + doubledMs(EJECTION, failing.ejections);
    failing.ejections += 1;
    this.ejections += 1;
    this.onEjection(key);
  }

  /** Forgets endpoints that failed long ago: of those that are gone nothing else would tell. Call it now and then. */
  forgetOld(): void {
    const oldestMs = this.#nowMs() - FORGET_AFTER_MS;
    for (const [key, { failedMs }] of this.#failing) {
      if (failedMs > oldestMs) return;
      this.#failing.delete(key);
    }
  }

  /** Keeps the failures in the order of their time. */
  #remember(key: string, failing: Failing): void {
    failing.failedMs = this.#nowMs();
    this.#failing.delete(key);
    this.#failing.set(key, failing);
    if (this.#failing.size > MAX_REMEMBERED) this.#failing.delete(this.#failing.keys().next().value ?? "");
  }
}

function newFailing(): Failing {
  return { failures: 0, ejections: 0, untilMs: 0, isDead: false, isOnTrial: false, failedMs: 0 };
}
