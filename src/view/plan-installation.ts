import { AssignmentPlanner } from "#src/assignment/planner.ts";
import type { AssignmentSnapshot, PoolUsage } from "#src/assignment/snapshot.ts";
import type { SeenInstallation } from "./seen-installation.ts";
import { snapshotOf } from "./snapshot-of.ts";
import type { StatusInput } from "./status-input.ts";

/** What the controller decides of an installation, as far as that is known. */
export interface InstallationPlan {
  readonly snapshot: AssignmentSnapshot;
  readonly planner: AssignmentPlanner;
  /** False: what the decisions depend on may not be read, or cannot be used. */
  readonly isKnown: boolean;
  /** How full the pools are by that plan; where it is not known, without what Services have. */
  readonly usage: readonly PoolUsage[];
}

/** Plans as the controller does, once for all that is said of the plan. */
export function planInstallation(seen: SeenInstallation, input: StatusInput): InstallationPlan {
  const snapshot = snapshotOf(seen, input);
  const isKnown =
    input.configMaps !== undefined &&
    input.services !== undefined &&
    (seen.hasConfig || input.configMaps.length === 0) &&
    (seen.namespaces !== undefined || seen.pools.every(({ namespaceSelectors }) => namespaceSelectors.length === 0));
  const planner = new AssignmentPlanner();
  planner.plan(isKnown ? snapshot : { ...snapshot, services: new Map(), unreadable: new Map() }, []);
  return { snapshot, planner, isKnown, usage: planner.usage() };
}
