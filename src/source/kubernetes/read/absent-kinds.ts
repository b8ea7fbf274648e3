import { type Kind, factsOf, groupOf } from "#src/model/kind.ts";
import { listOf, recordOf } from "#src/model/record.ts";
import { spreadMs } from "#src/process/back-off.ts";
import type { ApiClient } from "#src/source/kubernetes/api/client.ts";
import type { Outcome } from "#src/source/kubernetes/api/outcome.ts";
import { pause, type Timing } from "#src/source/kubernetes/api/timing.ts";
import type { Going } from "./departures.ts";

/** Between two looks for a group, half of it left to chance: a person who installs one waits so long at most. */
const LOOK_EVERY_MS = 30_000;

interface AbsentKindsOptions {
  readonly client: ApiClient;
  readonly timing: Timing;
}

/** Those that wait for kinds of one group. */
type Waiting = Set<() => void>;

/**
 * Looks for kinds that the cluster does not have. One request for each API group, however many of its kinds are awaited:
 * a cluster without MetalLB is asked for nothing else.
 */
export class AbsentKinds {
  readonly #options: AbsentKindsOptions;
  readonly #closing = new AbortController();
  readonly #groups = new Map<string, Waiting>();

  constructor(options: AbsentKindsOptions) {
    this.#options = options;
  }

  /** False where the API server says that it does not have a kind: everyone may ask that, with no right on the kind. */
  async mayExist(kind: Kind): Promise<boolean> {
    const { apiVersion, plural } = factsOf(kind);
    const outcome = await this.#ask(`/apis/${apiVersion}`);
    if (outcome?.kind !== "ok") return outcome?.kind !== "missing";
    return listOf(recordOf(outcome.body)["resources"]).some((resource) => recordOf(resource)["name"] === plural);
  }

  /**
   * Whether the definition of a kind was removed, or is being removed: then no object of it can be created.
   */
  async isGoing(kind: Kind): Promise<Going> {
    const { apiVersion, plural } = factsOf(kind);
    const outcome = await this.#ask(`/apis/${apiVersion}`);
    if (outcome?.kind === "refused") return "refused";
    if (outcome?.kind !== "ok") return outcome?.kind === "missing" ? true : undefined;
    const resource = listOf(recordOf(outcome.body)["resources"]).find((one) => recordOf(one)["name"] === plural);
    const verbs = recordOf(resource)["verbs"];
    return resource === undefined || (Array.isArray(verbs) && !verbs.includes("create"));
  }

  /** Resolves when the group of a kind may have it, not before the next look; or when the signal aborts. */
  async sought(kind: Kind, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#closing.signal.aborted) return;
    const found = Promise.withResolvers<void>();
    const group = groupOf(factsOf(kind).apiVersion);
    const waiting: Waiting = this.#groups.get(group) ?? new Set();
    const leave = (): void => {
      waiting.delete(leave);
      found.resolve();
    };
    waiting.add(leave);
    signal.addEventListener("abort", leave, { once: true });
    if (!this.#groups.has(group)) {
      this.#groups.set(group, waiting);
      void this.#look(group, waiting);
    }
    await found.promise;
    signal.removeEventListener("abort", leave);
  }

  close(): void {
    this.#closing.abort();
    for (const waiting of this.#groups.values()) for (const leave of waiting) leave();
  }

  /** Looks until the group is there, or no reader waits for it. */
  async #look(group: string, waiting: Waiting): Promise<void> {
    const { timing } = this.#options;
    const { signal } = this.#closing;
    do {
      await pause(timing, spreadMs(LOOK_EVERY_MS, timing.chance()), signal);
    } while (waiting.size > 0 && !signal.aborted && (await this.#ask(`/apis/${group}`))?.kind === "missing");
    this.#groups.delete(group);
    for (const leave of waiting) leave();
  }

  /** Undefined: the server cannot be reached, which the readers of the kinds report. */
  async #ask(path: string): Promise<Outcome | undefined> {
    const { signal } = this.#closing;
    return this.#options.client.request({ method: "GET", path, signal }).catch(() => undefined);
  }
}
