import type { MemberRecord } from "#src/model/member-record.ts";
import { findNetworkAddresses } from "#src/model/network-addresses.ts";
import { findNodeAddresses, nodeAddressesOf } from "#src/model/node-addresses.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import type { CheckedSet, Installation } from "./checked-set.ts";
import { findBrokenReferences } from "./find-broken-references.ts";
import { findMisspeltAnnotations } from "./find-misspelt-annotations.ts";
import { findOddIngresses } from "./find-odd-ingresses.ts";
import { findPendingServices } from "./find-pending-services.ts";
import { findUnannounced } from "./find-unannounced.ts";
import { findUnmatchedPorts } from "./find-unmatched-ports.ts";
import { DEFAULT_INSTALLATION, type Inspected, inspectObjects } from "./inspect-objects.ts";

/** What is checked together. */
export interface CheckInput {
  /** One for each kind, namespace and name. */
  readonly objects: readonly KubeObject[];
  /** Objects that no program can use: searched for mistakes, each by itself. */
  readonly unusable?: readonly KubeObject[];
  readonly members?: readonly MemberRecord[];
  readonly otherKinds?: ReadonlySet<string>;
  readonly installation?: Installation;
}

/** All that is wrong with objects: with each by itself, between them, and what the programs would do with them. */
export function findProblems(input: CheckInput): readonly (Problem & { readonly object?: KubeObject })[] {
  const { objects, unusable = [], members = [], otherKinds = new Set(), installation = DEFAULT_INSTALLATION } = input;
  const { inspected, ...inspection } = inspectObjects(objects, installation);
  const set: CheckedSet = { ...inspection, members, otherKinds };
  const { pools = [], nodes } = set;
  return [
    ...[...inspected, ...inspectObjects(unusable, installation).inspected].flatMap(ofObject),
    ...findBrokenReferences(set),
    ...findNodeAddresses(pools, nodeAddressesOf(nodes), installation.configMap),
    ...findNetworkAddresses(pools, members, installation.configMap),
    ...findPendingServices(set),
    ...findUnannounced(set),
    ...findMisspeltAnnotations(set),
    ...findOddIngresses(set),
    ...findUnmatchedPorts(set),
  ];
}

function ofObject({ object, problems }: Inspected): readonly (Problem & { readonly object: KubeObject })[] {
  return problems.map((problem) => ({ ...problem, object }));
}
