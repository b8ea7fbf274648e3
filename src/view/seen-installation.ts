import { namespaceLabelsOf } from "#src/assignment/namespace-labels.ts";
import type { NamespaceLabels } from "#src/assignment/snapshot.ts";
import { type HostAddresses, hostAddressesOf } from "#src/model/host-addresses.ts";
import { type NetworkAddresses, networkAddressesOf } from "#src/model/network-addresses.ts";
import { type MemberRecord, readMemberRecords } from "#src/model/member-record.ts";
import { type Node, parseNode } from "#src/model/node.ts";
import { EMPTY_CONFIGURATION } from "#src/model/configuration.ts";
import { METALLB_NAMESPACE } from "#src/model/metallb-namespace.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Pool, UnservedPool } from "#src/model/pool.ts";
import type { Advertisement } from "#src/model/advertisement.ts";
import { readConfiguration, resourcesByKind } from "#src/configuration/read-configuration.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { parseService, type Service } from "#src/model/service.ts";
import { readSpeakerReport, type SpeakerReport } from "#src/model/speaker-report.ts";
import type { StatusInput } from "./status-input.ts";
import { type Speakers, viewSpeakers } from "./view-speakers.ts";

/** An installation, as far as its objects and reports could be read. Undefined where a part may not be read. */
export interface SeenInstallation {
  /** Those of the configuration; none where it cannot be used. */
  readonly pools: readonly Pool[];
  /** Those of the configuration that Hawser does not serve. */
  readonly unserved: readonly UnservedPool[];
  readonly advertisements: readonly Advertisement[];
  /** There is a configuration, and it can be used. */
  readonly hasConfig: boolean;
  /** What is wrong with the configuration. */
  readonly configProblems: readonly Problem[];
  /** Some object of the configuration cannot be used as it is. */
  readonly isConfigStale: boolean;
  readonly services: readonly { readonly object: KubeObject; readonly read: Parsed<Service> }[];
  /** EndpointSlices as they are: `Candidates` reads those that it is asked for. */
  readonly slices: readonly KubeObject[] | undefined;
  readonly nodes: readonly Node[] | undefined;
  /** The labels of each namespace. */
  readonly namespaces: NamespaceLabels | undefined;
  readonly memberRecords: readonly MemberRecord[] | undefined;
  /** What Nodes, their interfaces and gateways have themselves, as far as they may be read. */
  readonly hostAddresses: HostAddresses;
  /** What the networks of the nodes keep for themselves. */
  readonly networkAddresses: NetworkAddresses;
  readonly reports: readonly SpeakerReport[] | undefined;
  readonly speakers: Speakers;
}

/**
 * Reads what is seen of an installation, once for all that is said of it. With `before` as a program that read that
 * installation first: an object of the configuration that cannot be used leaves its version there in use.
 */
export function readInstallation(input: StatusInput, before?: StatusInput): SeenInstallation {
  const nodes = input.nodes?.map((node) => parseNode(node).value);
  const isNode = (name: string): boolean => nodes === undefined || nodes.some((node) => node.name === name);
  const memberRecords = input.members && readMemberRecords(input.members, isNode);
  const reports = input.reports && [...input.reports].flatMap(([name, one]) => readSpeakerReport(name, one) ?? []);
  return {
    ...readConfig(input, before),
    services: (input.services ?? []).map((object) => ({ object, read: parseService(object) })),
    slices: input.slices,
    nodes,
    namespaces: input.namespaces && namespaceLabelsOf(input.namespaces),
    memberRecords,
    networkAddresses: networkAddressesOf(memberRecords ?? []),
    hostAddresses: hostAddressesOf(nodes ?? [], memberRecords ?? []),
    reports,
    speakers: viewSpeakers({ reports, processes: input.processes, nodes }),
  };
}

type SeenConfig = Pick<
  SeenInstallation,
  "pools" | "unserved" | "advertisements" | "hasConfig" | "configProblems" | "isConfigStale"
>;

function readConfig(input: StatusInput, before: StatusInput | undefined): SeenConfig {
  const { resources = [], metallbNamespace = METALLB_NAMESPACE } = input;
  const { configuration, problems, isStale } = readConfiguration(
    input.configMaps?.[0],
    resources,
    metallbNamespace,
    before && { configMap: before.configMaps?.[0], resources: resourcesByKind(before.resources ?? []) },
  );
  const { pools, unserved, advertisements } = configuration ?? EMPTY_CONFIGURATION;
  const hasConfig = configuration !== undefined;
  return { pools, unserved, advertisements, hasConfig, configProblems: problems, isConfigStale: isStale };
}
