import { AssignmentPlanner } from "#src/assignment/planner.ts";
import type { Assignment, PoolUsage } from "#src/assignment/snapshot.ts";
import { type Ip, printIp } from "#src/ip/address.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Fields } from "#src/model/record.ts";
import type { Service } from "#src/model/service.ts";
import { Candidates } from "./candidates.ts";
import { readInstallation, type SeenInstallation } from "./seen-installation.ts";
import { snapshotOf } from "./snapshot-of.ts";
import type { StatusInput } from "./status-input.ts";
import { isOurService } from "#src/model/service-class.ts";

/** What is seen of an installation, with the Services of all types and the Ingresses. */
export interface ExplainInput extends StatusInput {
  readonly ingresses: readonly KubeObject[] | undefined;
  /** What the controller keeps of who had which address: its report by name. */
  readonly history: ReadonlyMap<string, Fields> | undefined;
}

/** What all steps are judged by. */
export interface ExplainContext extends SeenInstallation {
  readonly input: ExplainInput;
  readonly candidates: Candidates;
  /** What the controller decides of each Service. Undefined where that is not known: the configuration cannot be used, or read. */
  readonly assignments: ReadonlyMap<string, Assignment> | undefined;
  /** How full the pools are by that plan. */
  readonly usage: readonly PoolUsage[];
  /** The keys of all that have an address or keep others off it, by the plan. */
  claimantsOf(ip: Ip): readonly string[];
  /** Our Services that have an address in their status. */
  usersOf(ip: Ip): readonly Service[];
  /** What the Service would be assigned if it had nothing; none where that is not known. */
  assignedWithout(service: Service): readonly Ip[];
}

/** Reads all that is seen, and plans as the controller does. */
export function explainContext(input: ExplainInput): ExplainContext {
  const seen = readInstallation(input);
  const candidates = new Candidates(seen);
  const snapshot = snapshotOf(seen, input);
  const { services } = snapshot;
  const users = new Map<string, Service[]>();
  for (const service of services.values())
    if (isOurService(service, input))
      for (const ip of service.assignedAddresses) users.set(printIp(ip), [...(users.get(printIp(ip)) ?? []), service]);
  const canPlan =
    input.configMaps !== undefined &&
    input.services !== undefined &&
    (seen.hasConfig || input.configMaps.length === 0) &&
    (seen.namespaces !== undefined || seen.pools.every(({ namespaceSelectors }) => namespaceSelectors.length === 0));
  const planner = new AssignmentPlanner();
  if (canPlan) planner.plan(snapshot, []);
  const assignments = canPlan ? new Map(planner.assignments) : undefined;
  const usage = planner.usage();
  const assignedWithout = (service: Service): readonly Ip[] => {
    if (!canPlan) return [];
    const { key } = service;
    const bare: Service = { ...service, assignedAddresses: [], allocatedFrom: undefined, markedAddresses: undefined };
    planner.plan({ ...snapshot, services: new Map([...services, [key, bare]]) }, [key]);
    const found = planner.assignments.get(key)?.addresses ?? [];
    planner.plan(snapshot, [key]);
    return found;
  };
  return {
    ...seen,
    input,
    candidates,
    assignments,
    usage,
    claimantsOf: (ip) => planner.claimantsOf(ip),
    usersOf: (ip) => users.get(printIp(ip)) ?? [],
    assignedWithout,
  };
}
