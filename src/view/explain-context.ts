import type { Assignment, PoolUsage, Rest } from "#src/assignment/snapshot.ts";
import type { Ip } from "#src/ip/address.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Fields } from "#src/model/record.ts";
import type { Service } from "#src/model/service.ts";
import { addressUsers, type AddressUsers } from "./address-users.ts";
import { Candidates } from "./candidates.ts";
import { readInstallation, type SeenInstallation } from "./seen-installation.ts";
import { planInstallation } from "./plan-installation.ts";
import type { StatusInput } from "./status-input.ts";

/** What is seen of an installation, with the Services of all types and the Ingresses. */
export interface ExplainInput extends StatusInput {
  readonly ingresses: readonly KubeObject[] | undefined;
  readonly history: ReadonlyMap<string, Fields> | undefined;
}

/** What all steps are judged by. */
export interface ExplainContext extends SeenInstallation {
  readonly input: ExplainInput;
  readonly candidates: Candidates;
  /** What the controller decides of each Service. Undefined where that is not known: the configuration cannot be used, or read. */
  readonly assignments: ReadonlyMap<string, Assignment> | undefined;
  /** Addresses that no Service has, by canonical text: since when, and which Service had each. Of a long time ago too. */
  readonly resting: ReadonlyMap<string, Rest>;
  /** How full the pools are by that plan. */
  readonly usage: readonly PoolUsage[];
  readonly usersOf: AddressUsers;
  /** What the Service would be assigned if it had nothing; none where that is not known. */
  assignedWithout(service: Service): readonly Ip[];
}

/** Reads all that is seen, and plans as the controller does. */
export function explainContext(input: ExplainInput): ExplainContext {
  const seen = readInstallation(input);
  const candidates = new Candidates(seen);
  const { snapshot, planner, isKnown, usage } = planInstallation(seen, input);
  const { services } = snapshot;
  const assignments = isKnown ? new Map(planner.assignments) : undefined;
  const assignedWithout = (service: Service): readonly Ip[] => {
    if (!isKnown) return [];
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
    resting: snapshot.resting,
    usage,
    usersOf: addressUsers(services.values(), input),
    assignedWithout,
  };
}
