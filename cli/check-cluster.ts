import type { Installation } from "#src/check/checked-set.ts";
import { findProblems } from "#src/check/find-problems.ts";
import { checkedKinds } from "#src/check/inspect-object.ts";
import type { Kind } from "#src/model/kind.ts";
import { type MemberRecord, readMemberRecords } from "#src/model/member-record.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { wallMs } from "#src/process/clock.ts";
import { ClusterLister } from "#src/source/kubernetes/cluster-lister.ts";
import { type FindConfigOptions, findApiConfig } from "#src/source/kubernetes/kubeconfig/find-config.ts";
import type { Scope } from "#src/source/kubernetes/read/scope.ts";
import { type CheckResult, exitCodeOf, type Finding } from "./check-result.ts";

/** Of Secrets the certificates alone. */
const scopes: Readonly<Partial<Record<Kind, Scope>>> = { Secret: { fieldSelector: "type=kubernetes.io/tls" } };

/** After these no other kind can be read either. */
const UNREACHABLE: readonly string[] = ["API_SERVER_UNREACHABLE", "API_LOGIN_FAILED"];

/** Which cluster is checked, and for which installation. */
export interface CheckClusterOptions extends FindConfigOptions {
  readonly installation: Installation;
  /** Hawser's own namespace, where its speakers publish what they know of their nodes. */
  readonly namespace: string;
}

/** What there is to check of a cluster. */
interface ClusterObjects {
  readonly objects: readonly KubeObject[];
  /** Of the speakers that run: they know the networks of their nodes. */
  readonly members: readonly MemberRecord[];
  /** What of it cannot be read. */
  readonly problems: readonly Problem[];
}

/** Finds all that is wrong with the objects of a cluster, read once. */
export async function checkCluster(options: CheckClusterOptions): Promise<CheckResult> {
  const { objects, members, problems } = await readClusterObjects(options);
  const found = findProblems({
    objects,
    members,
    installation: options.installation,
    isWhole: problems.length === 0,
    nowMs: wallMs(),
  });
  const findings = [...problems, ...found.map(({ object: _object, ...problem }) => problem)].map(
    ({ line: _line, ...problem }): Finding => ({ file: "", ...problem }),
  );
  const exitCode = problems.some(({ severity }) => severity === "error") ? 2 : exitCodeOf(findings);
  return { findings, objects: objects.length, otherKinds: new Map(), exitCode };
}

async function readClusterObjects({ namespace, ...options }: CheckClusterOptions): Promise<ClusterObjects> {
  const config = findApiConfig(options);
  if (!config.ok) return { objects: [], members: [], problems: config.problems };
  const lister = new ClusterLister(config.value);
  try {
    const objects: KubeObject[] = [];
    for (const kind of checkedKinds) {
      objects.push(...(await lister.list(kind, scopes[kind])));
      if (lister.problems.some(({ code }) => UNREACHABLE.includes(code)))
        return { objects, members: [], problems: lister.problems };
    }
    const leases = await lister.leases(namespace, []);
    const nodes = new Set(objects.filter(({ kind }) => kind === "Node").map(({ metadata }) => metadata.name));
    // Without the right to read Nodes each record counts.
    const members = readMemberRecords(leases.members, (name) => nodes.size === 0 || nodes.has(name));
    return { objects, members, problems: lister.problems };
  } finally {
    lister.close();
  }
}
