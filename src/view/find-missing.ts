import type { Problem } from "#src/model/problem.ts";
import { configures, type MetallbKind } from "#src/model/kind.ts";
import { METALLB_NAMESPACE } from "#src/model/metallb-namespace.ts";
import type { KubeObject } from "#src/model/object.ts";
import { objectAt } from "#src/model/problem-place.ts";
import { findUnreadPools } from "#src/configuration/find-unread-pools.ts";
import type { StatusInput } from "./status-input.ts";
import { CONTROLLER_ELECTION, viewLeaders } from "./view-leaders.ts";

/**
 * Finds what an installation lacks: everything, because it is in another namespace; its ConfigMap, or that of another name is
 * not read; a controller that leads.
 */
export function findMissing(input: StatusInput): readonly Problem[] {
  return [...findAbsent(input), ...findUnread(input)];
}

/** Whether these Problems say that nothing configures Hawser, or that it is not there at all. */
export function isNotConfigured(missing: readonly Problem[]): boolean {
  return missing.some(({ code }) => code === "INSTALLATION_NOT_FOUND" || code === "CONFIG_MAP_MISSING");
}

/** Whether there is an object that configures Hawser, or may be one that cannot be seen. */
export function hasConfiguration({
  configMaps,
  resources = [],
  metallbNamespace = METALLB_NAMESPACE,
}: StatusInput): boolean {
  const isConfiguring = ({ kind, metadata }: KubeObject): boolean =>
    configures(kind as MetallbKind) && metadata.namespace === metallbNamespace;
  return configMaps?.length !== 0 || resources.some(isConfiguring);
}

function findUnread(input: StatusInput): readonly Problem[] {
  const { configMap, otherConfigMaps = [] } = input;
  const isConfigured = hasConfiguration(input);
  return otherConfigMaps.flatMap((object) => findUnreadPools(object, configMap, { isConfigured }));
}

function findAbsent(input: StatusInput): readonly Problem[] {
  const { namespace } = input;
  if (isAbsent(input)) {
    return [
      {
        code: "INSTALLATION_NOT_FOUND",
        at: { kind: "namespace", name: namespace },
        what: "Cannot find Hawser",
        why: "the namespace has no ConfigMap with pools, no pod of a speaker and no Lease of a controller or a speaker",
        fix: "Give the namespace of Hawser with --namespace, and the name of its ConfigMap with --config-map",
        severity: "error",
      },
    ];
  }
  return [...findMissingConfig(input), ...findMissingLeader(input)];
}

function findMissingConfig(input: StatusInput): readonly Problem[] {
  const { configMap } = input;
  if (hasConfiguration(input)) return [];
  return [
    {
      code: "CONFIG_MAP_MISSING",
      at: objectAt("ConfigMap", configMap),
      what: "Cannot find the configuration",
      why: "there is no ConfigMap of this name",
      fix: "Create it with the pools, name another one with --namespace and --config-map, or create IPAddressPools",
      severity: "error",
    },
  ];
}

function findMissingLeader({ namespace, leases, nowMs }: StatusInput): readonly Problem[] {
  if (leases === "none" || leases === undefined) return [];
  const leader = viewLeaders(leases, nowMs).find(({ election }) => election === CONTROLLER_ELECTION);
  if (leader === undefined || leader.leads) return [];
  const last = `${leader.holder} last renewed it at ${leader.renewedAt}`;
  return [
    {
      code: "CONTROLLER_NOT_LEADING",
      at: objectAt("Lease", `${namespace}/${CONTROLLER_ELECTION}`),
      what: "No controller leads, so no Service gets an address",
      why: leader.holder === "" ? "no controller holds the Lease" : last,
      fix: `Find out why the pods of the Deployment ${CONTROLLER_ELECTION} do not run, or cannot reach the API server`,
      severity: "error",
    },
  ];
}

/** Whether nothing of Hawser is in its namespace. What cannot be read may be there. */
function isAbsent({ configMaps, processes, reports, members, leases }: StatusInput): boolean {
  return (
    configMaps?.length === 0 &&
    processes?.length === 0 &&
    reports?.size === 0 &&
    members?.size === 0 &&
    leases instanceof Map &&
    leases.size === 0
  );
}
