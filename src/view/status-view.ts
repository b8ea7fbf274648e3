import { printRange } from "#src/ip/range.ts";
import { findNetworkAddresses } from "#src/model/network-addresses.ts";
import { keyOf } from "#src/model/object.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Problem } from "#src/model/problem.ts";
import { printPlace } from "#src/model/problem-place.ts";
import type { SpeakerReport } from "#src/model/speaker-report.ts";
import type { Takeover } from "#src/model/takeover.ts";
import { findMissing } from "./find-missing.ts";
import { type InstallationPlan, planInstallation } from "./plan-installation.ts";
import { readInstallation, type SeenInstallation } from "./seen-installation.ts";
import type { EventView, StatusInput } from "./status-input.ts";
import { type LeaderView, viewLeaders } from "./view-leaders.ts";
import { type ServiceView, viewServices } from "./view-services.ts";
import type { SpeakerView } from "./view-speakers.ts";
import { serviceClassOf } from "#src/model/service-class.ts";

/** A part of an installation that may be unreadable. */
export type Part = "services" | "pools" | "nodes" | "endpoints" | "pods" | "speakers" | "leaders" | "events";

/** What `hawser status` shows. Also its JSON, where Problems have their place printed as `where`. */
export interface StatusView {
  readonly pools: readonly {
    readonly name: string;
    readonly autoAssign: boolean;
    /** Services keep addresses of it, and no Service gets another one. */
    readonly disabled: boolean;
    readonly ranges: readonly string[];
    /** Addresses of both families that may be assigned, in decimal digits: an IPv6 pool has more than a JSON number can count. */
    readonly size: string;
    /** Addresses of both families in use by the controller's plan, as `hawser pools` counts them; left out where unknown. */
    readonly used?: number;
  }[];
  readonly services: readonly ServiceView[];
  readonly speakers: readonly SpeakerView[];
  /** The last gains and losses of the speakers, the latest first. */
  readonly takeovers: readonly TakeoverView[];
  /** The program that leads, of those of a kind of which one leads; none in a folder. */
  readonly leaders: readonly LeaderView[];
  /** The latest first. */
  readonly events: readonly EventView[];
  readonly problems: readonly Problem[];
  /** The parts that cannot be seen. What depends on them is left out above. */
  readonly unknown: readonly Part[];
}

/** A takeover, and the node of the speaker that reports it. */
interface TakeoverView extends Takeover {
  readonly node: string;
}

/** Events and takeovers shown: what fits a screen beside the rest. */
const MAX_SHOWN = 10;

/** Puts together what is known of an installation. */
export function viewStatus(input: StatusInput): StatusView {
  const installation = readInstallation(input);
  return viewStatusOf(installation, planInstallation(installation, input), input);
}

/** What `viewStatus` shows, where an installation was read and planned for more than that. */
export function viewStatusOf(
  installation: SeenInstallation,
  plan: Pick<InstallationPlan, "usage" | "isKnown">,
  input: StatusInput,
): StatusView {
  const { pools, services, memberRecords, speakers, reports } = installation;
  const [configMap] = input.configMaps ?? [];
  const reserved =
    configMap === undefined ? [] : findNetworkAddresses(pools, memberRecords ?? [], keyOf(configMap.metadata));
  const problems = [
    ...findMissing(input),
    ...input.problems,
    ...installation.configProblems,
    ...reserved,
    ...services.flatMap(({ read }) => read.problems),
    ...reportedProblems(speakers.live),
  ];
  return {
    pools: pools.map((pool) => viewPool(pool, plan)),
    services: viewServices({ ...installation, ...serviceClassOf(input) }),
    speakers: speakers.views,
    takeovers: latestTakeovers(reports ?? []),
    leaders: viewLeaders(input.leases, input.nowMs),
    events: (input.events ?? []).slice(-MAX_SHOWN).toReversed(),
    problems,
    unknown: unknownParts(input),
  };
}

function viewPool(
  { name, autoAssign, isDisabled, ranges }: Pool,
  plan: Pick<InstallationPlan, "usage" | "isKnown">,
): StatusView["pools"][number] {
  const usages = plan.usage.filter(({ pool }) => pool === name);
  return {
    name,
    autoAssign,
    disabled: isDisabled,
    ranges: ranges.map(printRange),
    size: String(usages.reduce((sum, { size }) => sum + size, 0n)),
    ...(plan.isKnown ? { used: usages.reduce((sum, { used }) => sum + used, 0) } : {}),
  };
}

/** What the speakers found for their users to fix; a Problem that several report names all their nodes. */
function reportedProblems(reports: readonly SpeakerReport[]): readonly Problem[] {
  const nodesOf = new Map<string, { readonly problem: Problem; readonly nodes: string[] }>();
  for (const { node, problems } of reports) {
    for (const problem of problems) {
      const key = JSON.stringify(problem);
      const same = nodesOf.get(key) ?? { problem, nodes: [] };
      same.nodes.push(node);
      nodesOf.set(key, same);
    }
  }
  return [...nodesOf.values()].map(({ problem, nodes }) => ({
    ...problem,
    at: { kind: "reported", where: printPlace(problem.at), nodes },
  }));
}

/** Of dead speakers too: the last thing they did may be what is looked for. */
function latestTakeovers(reports: readonly SpeakerReport[]): readonly TakeoverView[] {
  return reports
    .flatMap(({ node, takeovers }) => takeovers.map((takeover) => ({ node, ...takeover })))
    .sort((left, right) => (left.at < right.at ? 1 : -1))
    .slice(0, MAX_SHOWN);
}

function unknownParts(input: StatusInput): readonly Part[] {
  const parts: Readonly<Record<Part, unknown>> = {
    services: input.services,
    pools: input.configMaps,
    nodes: input.nodes,
    endpoints: input.slices,
    pods: input.processes,
    speakers: input.reports,
    leaders: input.leases,
    events: input.events,
  };
  return (Object.keys(parts) as Part[]).filter((part) => parts[part] === undefined);
}
