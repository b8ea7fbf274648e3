import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";
import type { AppliedPart } from "#src/model/path-terms.ts";
import type { HttpPolicy } from "#src/model/policies/http-policy.ts";
import type { PolicyPart } from "#src/model/policies/policy-part.ts";
import type { PathSettings } from "#src/model/policies/policy-slots.ts";
import { isPolicyDetail, type PartName, POLICY_DETAILS } from "./policy-details.ts";

/** The policies that are for a path, by what they are attached to; of each level the oldest first. */
export interface PolicyLevels {
  readonly path: readonly HttpPolicy[];
  readonly ingress: readonly HttpPolicy[];
  readonly service: readonly HttpPolicy[];
}

/** A part that two policies of one level say otherwise. */
export interface PolicyClash {
  /** That of the newer policy. */
  readonly loser: AppliedPart;
  readonly winner: AppliedPart;
  /** Which of the two would be more open is not known: the paths are closed. Otherwise what the older policy says counts. */
  readonly closes: boolean;
}

/** What annotations and policies say of a path together. */
export interface MergedPolicies {
  readonly settings: PathSettings;
  /** What of it policies say. */
  readonly applied: readonly AppliedPart[];
  readonly clashes: readonly PolicyClash[];
}

/**
 * Takes each part from where it counts: a policy at the path, then one at the Ingress, then the annotations, then a policy at the
 * Service. A part that only says how another one is done is not taken from below that.
 */
export function mergePolicies(levels: PolicyLevels, annotations: IngressSettings): MergedPolicies {
  const taken = new Set<string>();
  const atPath = takeLevel(levels.path, taken);
  const atIngress = takeLevel(levels.ingress, taken);
  const own = Object.entries(annotations).filter(([name]) => !taken.has(name) && !isLeftBehind(name, taken));
  for (const [name] of own) taken.add(name);
  const atService = takeLevel(levels.service, taken);
  const applied = [...atService.applied, ...atIngress.applied, ...atPath.applied];
  return {
    settings: Object.assign({}, ...atService.values, Object.fromEntries(own), ...atIngress.values, ...atPath.values),
    applied,
    clashes: [...atPath.clashes, ...atIngress.clashes, ...atService.clashes],
  };
}

/** The name of a part among the settings of a path. */
export function partNameOf({ values }: PolicyPart): PartName {
  return Object.keys(values)[0] as PartName;
}

/** Whether a part says how another one is done that is said above it. */
function isLeftBehind(name: string, taken: ReadonlySet<string>): boolean {
  return POLICY_DETAILS.some(
    ({ bases, details }) => details.some((one) => one === name) && bases.some((one) => taken.has(one)),
  );
}

interface TakenLevel {
  readonly applied: readonly AppliedPart[];
  readonly values: readonly PathSettings[];
  readonly clashes: readonly PolicyClash[];
}

const NOTHING: TakenLevel = { applied: [], values: [], clashes: [] };

/** What the policies of one level say, of what is not said above it; then that is taken. */
function takeLevel(policies: readonly HttpPolicy[], taken: Set<string>): TakenLevel {
  if (policies.length === 0) return NOTHING;
  const all = policies.flatMap(({ key: policy, parts }) => parts.map((part): AppliedPart => ({ policy, part })));
  const isOpen = (name: PartName): boolean => !taken.has(name) && !isLeftBehind(name, taken);
  const said = Map.groupBy(
    all.filter(({ part }) => isOpen(partNameOf(part))),
    ({ part }) => partNameOf(part),
  );
  const applied = [...said.values()].flatMap(([oldest]) => oldest ?? []);
  const clashes = Array.from(said).flatMap(([name, parts]) => clashOf(name, parts) ?? []);
  for (const name of said.keys()) taken.add(name);
  return {
    applied,
    values: applied.map(({ part }) => part.values),
    clashes: [...clashes, ...detailClashes(said)],
  };
}

/** What two policies say otherwise of one part. */
function clashOf(name: PartName, [winner, ...others]: readonly AppliedPart[]): PolicyClash | undefined {
  const loser = others.find(({ part }) => part.text !== winner?.part.text);
  if (winner === undefined || loser === undefined) return undefined;
  const closes = isPolicyDetail(name) || [winner, ...others].some(({ part }) => part.restricts);
  return { winner, loser, closes };
}

/** What one policy says how it is done that another one says: alone, that other one would have it done otherwise. */
function detailClashes(said: ReadonlyMap<PartName, readonly AppliedPart[]>): readonly PolicyClash[] {
  return POLICY_DETAILS.flatMap(({ bases, details }) => {
    const ofBases = bases.flatMap((name) => said.get(name) ?? []);
    return details.flatMap((name): readonly PolicyClash[] => {
      const ofDetail = said.get(name) ?? [];
      const [first] = ofDetail;
      const other = ofBases.find(({ policy }) => !ofDetail.some((one) => one.policy === policy));
      return first === undefined || other === undefined ? [] : [{ winner: other, loser: first, closes: true }];
    });
  });
}
