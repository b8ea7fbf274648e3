import type { MemberRecord } from "#src/model/member-record.ts";
import { lineOf } from "#src/model/field.ts";
import { findNetworkAddresses } from "#src/model/network-addresses.ts";
import { findHostAddresses, hostAddressesOf } from "#src/model/host-addresses.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { LineOfRange } from "#src/model/pool.ts";
import type { Problem } from "#src/model/problem.ts";
import { objectAt, printPlace } from "#src/model/problem-place.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import type { CheckedSet, Installation } from "./checked-set.ts";
import { findBadCertificates } from "./find-bad-certificates.ts";
import { findBadCertificateSecrets } from "./find-bad-certificate-secrets.ts";
import { findBadHeaders } from "./find-bad-headers.ts";
import { findBadKeySets } from "./find-bad-key-sets.ts";
import { findBadSignInSecrets } from "./find-bad-sign-in-secrets.ts";
import { findBadPasswords } from "./find-bad-passwords.ts";
import { findBrokenReferences } from "./find-broken-references.ts";
import { findLostRoutes } from "./find-lost-routes.ts";
import { findEmptySelectors } from "./find-empty-selectors.ts";
import { findMissingDefaults } from "./find-missing-defaults.ts";
import { findMisspeltAnnotations } from "./find-misspelt-annotations.ts";
import { findNginxDifferences } from "./find-nginx-differences.ts";
import { findPendingServices } from "./find-pending-services.ts";
import { findPolicyProblems } from "./find-policy-problems.ts";
import { findUnannounced } from "./find-unannounced.ts";
import { findUnknownInterfaces } from "./find-unknown-interfaces.ts";
import { findUnmatchedPorts } from "./find-unmatched-ports.ts";
import { findWrongClasses } from "./find-wrong-classes.ts";
import { DEFAULT_INSTALLATION, type Inspected, inspectObjects } from "./inspect-objects.ts";
import { poolPlaces } from "./pool-places.ts";

/** What is checked together. */
export interface CheckInput {
  /** One for each kind, namespace and name. */
  readonly objects: readonly KubeObject[];
  /** Objects that no program can use: searched for mistakes, each alone. */
  readonly unusable?: readonly KubeObject[];
  readonly members?: readonly MemberRecord[];
  readonly otherKinds?: ReadonlySet<string>;
  readonly installation?: Installation;
  /** The objects are all of a cluster: what is not among them does not exist. Default false. */
  readonly isWhole?: boolean;
  /** Milliseconds since 1970: certificates have an end. */
  readonly nowMs: number;
}

/** All that is wrong with objects: with each alone, between them, and what the programs would do with them. */
export function findProblems(input: CheckInput): readonly (Problem & { readonly object?: KubeObject })[] {
  const { objects, unusable = [], members = [], otherKinds = new Set(), installation = DEFAULT_INSTALLATION } = input;
  const { inspected, between, ...inspection } = inspectObjects(objects, installation);
  const set: CheckedSet = { ...inspection, members, otherKinds };
  const { pools = [], nodes } = set;
  const { compat } = installation;
  const snapshot = { ...routingSnapshot(set), compat };
  const places = poolPlaces(set.rootOf("ConfigMap", installation.configMap, []), (kind, key) =>
    set.rootOf(kind, key, []),
  );
  const lineOfRange: LineOfRange = (pool, range) => lineOf(places.rangeOf(pool, range));
  const misspelt = findMisspeltAnnotations(set);
  const misspeltPlaces = new Set(misspelt.map(({ at }) => printPlace(at)));
  const isSaidBetter = ({ code, at }: Problem) =>
    code === "INGRESS_ANNOTATION_UNKNOWN" && misspeltPlaces.has(printPlace(at));
  return [
    ...(input.isWhole === true ? findMissingConfig(set) : []),
    ...[...inspected, ...inspectObjects(unusable, installation).inspected]
      .flatMap(ofObject)
      .filter((problem) => !isSaidBetter(problem)),
    ...between,
    ...findBrokenReferences(set, buildRoutes(snapshot)),
    ...findMissingDefaults(set, input.isWhole === true),
    ...findEmptySelectors(set),
    ...findHostAddresses(pools, hostAddressesOf(nodes, members), installation.configMap, lineOfRange),
    ...findNetworkAddresses(pools, members, installation.configMap, lineOfRange),
    ...findUnannounced(set, places),
    ...findUnknownInterfaces(set, places),
    ...findPendingServices(set),
    ...misspelt,
    ...findWrongClasses(set),
    ...findUnmatchedPorts(set),
    ...findLostRoutes(set, snapshot),
    ...findNginxDifferences(set),
    ...findPolicyProblems(set),
    ...findBadCertificates(set, input.nowMs),
    ...findBadPasswords(set),
    ...findBadKeySets(set),
    ...findBadHeaders(set),
    ...findBadCertificateSecrets(set),
    ...findBadSignInSecrets(set),
  ];
}

/** An installation without its ConfigMap assigns nothing. */
function findMissingConfig({ installation, objectOf, pools }: CheckedSet): readonly Problem[] {
  const { configMap } = installation;
  if (objectOf("ConfigMap", configMap) !== undefined || pools !== undefined) return [];
  return [
    {
      code: "CONFIG_MAP_MISSING",
      at: objectAt("ConfigMap", configMap),
      what: "Cannot find the configuration",
      why: "the cluster has no ConfigMap of this name and no IPAddressPool, so no Service gets an address",
      fix: "Create it with the pools, name another one with --namespace and --config-map, or create IPAddressPools",
      severity: "error",
    },
  ];
}

function ofObject({ object, problems }: Inspected): readonly (Problem & { readonly object: KubeObject })[] {
  return problems.map((problem) => ({ ...problem, object }));
}
