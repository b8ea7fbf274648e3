import { delay as realDelay, monotonicMs, wallMs } from "#src/process/clock.ts";
import type { Logger } from "#src/process/log.ts";
import { createWorkLoop } from "#src/process/work-loop.ts";
import { addressesInStatus, type IngressAddress, sortAddresses } from "#src/model/ingress-address.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Leadership } from "#src/source/leadership.ts";
import type { Source } from "#src/source/source.ts";
import { writeAll } from "#src/status/write-all.ts";
import type { PublishedAddresses } from "./published-addresses.ts";
import type { PolicyVerdict } from "#src/routing/ingress/judge-policy.ts";
import { PolicyStatuses } from "./policy-statuses.ts";
import { LingeringAddresses, type LingeringNow } from "./lingering-addresses.ts";
import { StatusPacing } from "./status-pacing.ts";
import { planIngressStatus, type Standing, type StatusChange } from "./plan-ingress-status.ts";
import { IngressEvents, type IngressNotice } from "./ingress-events.ts";

/** The name of the election. */
const ELECTION = "hawser-ingress";
/** Changes within this time are one piece of work. */
const COALESCE_MS = 100;
/** Patches under way at once: statuses are in no hurry, and the API server has others to serve. */
const PATCHES_AT_ONCE = 4;

export interface StatusLoopOptions {
  readonly source: Source;
  readonly log: Logger;
  /** Whether an address that went stays for a while. */
  readonly lingers: boolean;
  /** Where clients find us, as the objects say now. */
  readonly publishedAddresses: () => PublishedAddresses;
  readonly standingOf: (key: string) => Standing;
  /** What is wrong with the Ingresses of our class. */
  readonly notices: () => Iterable<IngressNotice>;
  /** Another number whenever a standing may be another. */
  readonly standingsVersion: () => number;
  /** What becomes of policies, by key. */
  readonly policyVerdicts: () => ReadonlyMap<string, PolicyVerdict>;
  readonly onProblems: (problems: readonly Problem[]) => void;
  /** Milliseconds that never go back. */
  readonly nowMs?: () => number;
  /** Waits; ends early when the signal aborts. */
  readonly delay?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** The writer of statuses at work. */
export interface StatusLoop {
  mark(): void;
  readonly leads: boolean;
  /** Statuses written since the start. */
  readonly writes: number;
  close(): Promise<void>;
}

/** Stands for leader, and as leader keeps the status of each Ingress as the plan says, and says which are not served. */
export function startStatusLoop(options: StatusLoopOptions): StatusLoop {
  const { source, log, lingers, nowMs = monotonicMs, delay = realDelay } = options;
  const closing = new AbortController();
  const lingering = new LingeringAddresses();
  const pacing = new StatusPacing();
  const events = new IngressEvents(source);
  const mayWrite = (): boolean => leadership.leads && !closing.signal.aborted;
  const policies = new PolicyStatuses({ source, log, mayWrite, nowMs, wallMs });
  /** The version of the standings for which Events were recorded. */
  let recordedStandings: number | undefined;
  let nap = new AbortController();
  let writes = 0;
  /** Whether the addresses were looked for since we lead. */
  let hasLooked = false;
  /** What the last plan without a change was made of: the same gives the same. */
  let atRest: PlanInputs | undefined;

  async function run(): Promise<void> {
    await delay(COALESCE_MS, closing.signal).catch(() => undefined);
    if (!leadership.leads || closing.signal.aborted) return;
    const standings = options.standingsVersion();
    if (standings !== recordedStandings) events.record(options.notices());
    recordedStandings = standings;
    const published = options.publishedAddresses();
    options.onProblems(published.problems);
    const { addresses, dueInMs } = settle(published.addresses);
    const ingresses = source.list("Ingress");
    const inputs = { ingresses, standings, addresses: JSON.stringify(addresses) };
    const isSame = atRest !== undefined && areSame(atRest, inputs);
    const changes = isSame ? [] : planIngressStatus({ ingresses, standingOf: options.standingOf, addresses });
    atRest = changes.length === 0 ? inputs : undefined;
    pacing.prune((key) => ingresses.has(key));
    const waits = [...(await apply(changes)), ...(await policies.write(options.policyVerdicts()))];
    wakeIn([...waits, ...(dueInMs === undefined ? [] : [dueInMs])]);
  }

  function settle(found: PublishedAddresses["addresses"]): Partial<LingeringNow> {
    if (found === undefined) return {};
    if (!lingers) return { addresses: found };
    if (!hasLooked) lingering.keep(addressesOfOurs(source), nowMs());
    hasLooked = true;
    return lingering.update(found, nowMs());
  }

  /** Writes what may be written now; returns the waits of all that has to be looked at again. */
  async function apply(changes: readonly StatusChange[]): Promise<readonly number[]> {
    const waits: number[] = [];
    await writeAll(changes, {
      atOnce: PATCHES_AT_ONCE,
      goOn: mayWrite,
      write: async (change) => {
        const waitMs = () => pacing.waitMs(change.key, change.addresses, nowMs());
        const firstMs = waitMs();
        if (firstMs > 0) waits.push(firstMs);
        else if (!(await write(change))) waits.push(waitMs());
      },
    });
    return waits;
  }

  /** False: it has to be looked at again. */
  async function write({ ref, key, addresses }: StatusChange): Promise<boolean> {
    const isContested = pacing.attempt(key, addresses, nowMs());
    try {
      const loadBalancer = addresses.length === 0 ? {} : { ingress: addresses };
      const result = await source.patch(ref, { status: { loadBalancer } });
      if (result === "conflict") return false;
      if (result !== "written") return true;
      writes += 1;
      if (isContested)
        log.warn(
          { ingress: key, reason: "INGRESS_STATUS_CONTESTED" },
          "written again and again: another controller may write this status",
        );
      else log.debug({ ingress: key, addresses }, addresses.length === 0 ? "status removed" : "status published");
      return true;
    } catch (err) {
      log.warn({ ingress: key, err }, "cannot write a status, will try again");
      return false;
    }
  }

  function wakeIn(waits: readonly number[]): void {
    nap.abort();
    nap = new AbortController();
    if (waits.length === 0) return;
    const signal = AbortSignal.any([nap.signal, closing.signal]);
    void delay(Math.min(...waits), signal)
      .catch(() => undefined)
      .then(() => signal.aborted || loop.mark());
  }

  const loop = createWorkLoop({ log, run });
  const leadership: Leadership = source.lead(ELECTION, (leads) => {
    hasLooked = false;
    log.info(
      { election: ELECTION, leads },
      leads ? "won the lead, writing the statuses of Ingresses" : "lost the lead, standing by",
    );
    loop.mark();
  });
  loop.mark();
  return {
    mark: () => loop.mark(),
    get leads() {
      return leadership.leads;
    },
    get writes() {
      return writes + policies.writes;
    },
    async close() {
      closing.abort();
      await loop.close();
    },
  };
}

interface PlanInputs {
  readonly ingresses: ReadonlyMap<string, unknown>;
  readonly standings: number;
  readonly addresses: string | undefined;
}

function areSame(left: PlanInputs, right: PlanInputs): boolean {
  const { ingresses, standings, addresses } = left;
  return ingresses === right.ingresses && standings === right.standings && addresses === right.addresses;
}

/** What is published, by us or by the leader before us. */
function addressesOfOurs(source: Source): readonly IngressAddress[] {
  const ours = [...source.list("Ingress").values()].filter(({ metadata }) => metadata.hasOurStatus === true);
  return sortAddresses(ours.flatMap(addressesInStatus));
}
