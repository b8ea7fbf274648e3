import { redirectOf } from "#src/model/annotations/redirects.ts";
import { type IngressPath, type IngressTarget, isBackend, maybePattern, RESTRICTED } from "#src/model/ingress-path.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { type AppliedPart, type PathTerms, termsOf } from "#src/model/path-terms.ts";
import type { HttpPolicy } from "#src/model/policies/http-policy.ts";
import type { PolicyReason } from "#src/model/policies/policy-reason.ts";
import type { PathSettings } from "#src/model/policies/policy-slots.ts";
import type { Problem } from "#src/model/problem.ts";
import { coversParts } from "./covers-parts.ts";
import { mergePolicies, partNameOf, type PolicyLevels } from "./merge-policies.ts";
import type { PartName } from "./policy-details.ts";
import { clashProblem, partUnservable, serviceUncovered, tooManyPolicies } from "./clash-problem.ts";
import { unservableOf } from "./unservable-of.ts";
import { type Wanted, type WantedTargets, wantedOf } from "./wanted-targets.ts";

/** Something wrong between policies, or between a policy and an Ingress. */
export interface PolicyFinding {
  /** `namespace/name` of the policy. */
  readonly policy: string;
  readonly reason: Extract<PolicyReason, "Invalid" | "Conflicted">;
  readonly problem: Problem;
}

/** An Ingress with the policies that are attached to it. */
export interface AttachedIngress {
  /** With the terms of its paths; the same object where no policy is attached. */
  readonly ingress: Ingress;
  readonly findings: readonly PolicyFinding[];
  /** The targets of policies that are there, as `targetId` has them. */
  readonly reached: ReadonlySet<string>;
  /** As `fallbacksOf` has them. */
  readonly fallbacks: ReadonlySet<string>;
}

const POLICY_CLOSED = { closed: "closed-policy" } as const;
/** Findings about one Ingress that are kept: enough to fix them one after the other. */
const MAX_FINDINGS = 100;
/** Policies that may be for one Ingress. More close it: to look at all of them for each path could take long. */
export const MAX_POLICIES = 256;

/** Names a target of a policy. */
export function targetId(policy: Pick<HttpPolicy, "key">, { at }: HttpPolicy["targets"][number]): string {
  return `${policy.key} ${at}`;
}

/** The Services (`namespace/name`) that policies name for requests whose own has no endpoint. */
export function fallbacksOf(policies: Iterable<HttpPolicy>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { namespace, parts } of policies)
    for (const { values } of parts)
      if (values.defaultBackend !== undefined) found.add(`${namespace}/${values.defaultBackend}`);
  return found;
}

/** A path as far as policies ask for it. */
interface AskedPath {
  readonly host: string;
  /** As it is written; undefined: the default backend. */
  readonly path: string | undefined;
  readonly isPattern: boolean;
  readonly target: IngressTarget;
}

/** What is known while policies are attached to an Ingress. */
interface Attaching {
  readonly ingress: Ingress;
  /** The oldest first. */
  readonly policies: readonly HttpPolicy[];
  readonly wanted: WantedTargets;
  /** What combinations of policies come to, so that paths with the same share it. */
  readonly combined: Map<string, CombinedTerms>;
  /** By what they say. */
  readonly findings: Map<string, PolicyFinding>;
  readonly reached: Set<string>;
  /** Of the paths that no policy is for. */
  readonly written: PathTerms;
  /** Of all paths. */
  readonly terms: Set<PathTerms>;
}

/** What policies for a path come to, with the annotations. */
type CombinedTerms = PathTerms & Required<Pick<PathTerms, "applied">>;

/** Attaches policies (the oldest first) to an Ingress. Those that are for something else change nothing. */
export function attachPolicies(ingress: Ingress, all: readonly HttpPolicy[]): AttachedIngress {
  const policies = all.filter(({ namespace }) => namespace === ingress.namespace);
  const reached = new Set<string>();
  if (policies.length === 0) return { ingress, findings: [], reached, fallbacks: reached };
  const context: Attaching = {
    ingress,
    policies,
    wanted: wantedOf(ingress, policies),
    combined: new Map(),
    findings: new Map(),
    reached,
    written: termsOf(ingress),
    terms: new Set(),
  };
  const newest = policies[MAX_POLICIES];
  if (newest !== undefined) note(context, newest.key, "Invalid", tooManyPolicies(ingress, newest.key, MAX_POLICIES));
  const { defaultBackend } = ingress;
  const rules = ingress.rules.map((rule) => ({
    ...rule,
    paths: [...unreadPaths(context, rule), ...rule.paths.flatMap((path) => attachPath(context, rule.host, path))],
  }));
  const whole =
    defaultBackend && attachTarget(context, { host: "", path: undefined, isPattern: false, target: defaultBackend });
  const attached: Ingress = {
    ...ingress,
    rules,
    ...(whole && { defaultBackend: whole.target }),
    ...(whole?.terms && { defaultTerms: whole.terms }),
    ownTerms: [...context.terms],
  };
  const isSame =
    !isTooMany(context) &&
    reached.size === 0 &&
    rules.every(({ paths }, index) => paths.length === ingress.rules[index]?.paths.length);
  return {
    ingress: isSame ? ingress : attached,
    findings: [...context.findings.values()],
    reached,
    fallbacks: fallbacksOf(policies),
  };
}

function attachPath(context: Attaching, host: string, path: IngressPath): readonly IngressPath[] {
  const { isPattern = false, target } = path;
  const found = attachTarget(context, { host, path: path.path, isPattern, target });
  const { terms } = found;
  if (terms === undefined) return [path];
  const attached = { ...path, target: found.target, terms };
  const { closed, isRestricted } = context.ingress;
  // What the Ingress itself closes or restricts has its patterns already.
  const isNew = closed === undefined && isRestricted !== true && (terms.isClosed || terms.isRestricted);
  return isNew ? [attached, ...maybePattern(attached, terms.isClosed ? POLICY_CLOSED : RESTRICTED)] : [attached];
}

/** Stands for the paths of a rule that cannot be read: what restricts paths of the Ingress closes the whole host for them. */
function unreadPaths({ ingress, policies }: Attaching, { unread }: Ingress["rules"][number]): readonly IngressPath[] {
  const isMeant = ({ targets, isClosed, parts }: HttpPolicy) =>
    targets.some(({ kind, name }) => kind === "Ingress" && name === ingress.name) &&
    (isClosed || parts.some(({ restricts }) => restricts));
  if (unread === undefined || !policies.some(isMeant)) return [];
  return [{ path: "", pathType: "ImplementationSpecific", isPattern: true, target: POLICY_CLOSED, at: unread }];
}

/** Where the requests for a path go, and on which terms; without terms where no policy is for it. */
function attachTarget(
  context: Attaching,
  asked: AskedPath,
): { readonly target: IngressTarget; readonly terms?: PathTerms } {
  const levels = levelsOf(context, asked);
  const { terms: all, ingress, written } = context;
  const hasAny = levels.path.length + levels.ingress.length + levels.service.length > 0;
  if (!hasAny && !isTooMany(context) && atFallback(context, ingress.settings).length === 0) {
    all.add(written);
    return { target: asked.target };
  }
  const combined = combine(context, levels);
  const isClosed = combined.isClosed || isUnservable(context, asked, combined);
  const terms = isClosed === combined.isClosed ? combined : { ...combined, isClosed };
  all.add(terms);
  return { target: isClosed ? POLICY_CLOSED : redirected(ingress, asked.target, combined), terms };
}

/** Whether not all policies are known that are for the Ingress. */
function isTooMany({ policies }: Attaching): boolean {
  return policies.length > MAX_POLICIES;
}

/** The policies that are for a path. Notes their targets. */
function levelsOf({ wanted, reached }: Attaching, { path, host, target }: AskedPath): PolicyLevels {
  const ofService = isBackend(target) ? wanted.services.get(target.serviceName) : undefined;
  const ofPath = path === undefined ? undefined : wanted.paths.get(path);
  const take = (all: readonly Wanted[] = []): readonly HttpPolicy[] => {
    for (const one of all) reached.add(targetId(one.policy, one.target));
    return [...new Set(all.map(({ policy }) => policy))];
  };
  return {
    path: take(ofPath?.filter((one) => one.target.host === undefined || one.target.host === host)),
    ingress: take(wanted.whole),
    service: take(ofService),
  };
}

/** What policies and annotations come to. */
function combine(context: Attaching, levels: PolicyLevels): CombinedTerms {
  const { ingress, combined } = context;
  const keysOf = (policies: readonly HttpPolicy[]) => policies.map(({ key }) => key);
  const id = JSON.stringify([keysOf(levels.path), keysOf(levels.ingress), keysOf(levels.service)]);
  const known = combined.get(id);
  if (known !== undefined) return known;
  const { settings, applied, clashes } = mergePolicies(levels, ingress.settings);
  for (const clash of clashes) {
    note(context, clash.loser.policy, "Conflicted", clashProblem(ingress, clash));
    if (clash.closes)
      note(
        context,
        clash.winner.policy,
        "Conflicted",
        clashProblem(ingress, { ...clash, loser: clash.winner, winner: clash.loser }),
      );
  }
  const attached = [...levels.path, ...levels.ingress, ...levels.service];
  const terms: CombinedTerms = {
    settings: withCoveredFallback(context, settings, applied),
    isClosed:
      ingress.closed !== undefined ||
      isTooMany(context) ||
      attached.some((one) => one.isClosed) ||
      clashes.some(({ closes }) => closes),
    isRestricted: ingress.isRestricted === true || applied.some(({ part }) => part.restricts),
    applied,
    policies: [...new Set(keysOf(attached))],
  };
  combined.set(id, terms);
  return terms;
}

/** The policies at the Service for requests whose own has no endpoint. Notes their targets. */
function atFallback({ wanted, reached }: Attaching, { defaultBackend }: PathSettings): readonly HttpPolicy[] {
  const all = defaultBackend === undefined ? [] : (wanted.services.get(defaultBackend) ?? []);
  for (const { policy, target } of all) reached.add(targetId(policy, target));
  return all.map(({ policy }) => policy);
}

/** The settings without that Service, where a policy at it asks for what is not asked of the path. */
function withCoveredFallback(
  context: Attaching,
  settings: PathSettings,
  applied: readonly AppliedPart[],
): PathSettings {
  const lacking = atFallback(context, settings).find(({ isClosed, parts }) => isClosed || !coversParts(applied, parts));
  if (lacking === undefined) return settings;
  const { defaultBackend = "", ...others } = settings;
  note(context, lacking.key, "Conflicted", serviceUncovered(context.ingress, lacking.key, defaultBackend));
  return others;
}

/** Whether what policies say cannot be done for this path, though it can be read. */
function isUnservable(context: Attaching, asked: AskedPath, { settings, applied }: CombinedTerms): boolean {
  const found = unservableOf(settings, asked);
  const part = found && applied.find((one) => found.parts.includes(partNameOf(one.part)));
  if (found === undefined || part === undefined) return false;
  note(context, part.policy, "Invalid", partUnservable(context.ingress, part, found));
  return true;
}

const REDIRECTS: readonly PartName[] = [
  "temporalRedirect",
  "temporalRedirectCode",
  "permanentRedirect",
  "permanentRedirectCode",
  "relativeRedirects",
];

/** Where requests go that a policy may redirect: those that would be sent to a Service, or that annotations redirect. */
function redirected(ingress: Ingress, target: IngressTarget, { settings, applied }: CombinedTerms): IngressTarget {
  if (!applied.some(({ part }) => REDIRECTS.includes(partNameOf(part)))) return target;
  const redirect = redirectOf(settings);
  const isOfAnnotations =
    "redirect" in target && JSON.stringify(target.redirect) === JSON.stringify(redirectOf(ingress.settings));
  return redirect !== undefined && (isBackend(target) || isOfAnnotations) ? { redirect } : target;
}

function note({ findings }: Attaching, policy: string, reason: PolicyFinding["reason"], problem: Problem): void {
  const key = JSON.stringify([policy, problem.at, problem.what, problem.why]);
  if (findings.size < MAX_FINDINGS) findings.set(key, { policy, reason, problem });
}
