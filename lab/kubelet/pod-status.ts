import type { V1Pod, V1PodCondition } from "@kubernetes/client-node";
import type { Container } from "./container.ts";
import { isoSeconds } from "./container.ts";

export interface PodStatusParts {
  readonly pod: V1Pod;
  readonly containers: readonly Container[];
  /** IPv4 and IPv6; empty while it has no namespace yet. */
  readonly podIPs: readonly string[];
  readonly hostIPs: readonly string[];
  readonly startTime: string;
  /** Why it cannot be started at all, in words. */
  readonly problem?: string | undefined;
}

export type PodCondition = Pick<V1PodCondition, "type" | "status"> & {
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime: string;
};

/** The status of a pod, in full but for the conditions of others, which stay. Times of conditions change only with them. */
export function podStatus(
  parts: PodStatusParts,
  before: readonly PodCondition[],
): { readonly conditions: readonly PodCondition[] } & Readonly<Record<string, unknown>> {
  const { pod, containers, podIPs, hostIPs, startTime, problem } = parts;
  const phase = phaseOf(containers);
  const isReady = phase === "Running" && containers.every((container) => container.isReady);
  const own = {
    PodReadyToStartContainers: podIPs.length > 0,
    Initialized: true,
    ContainersReady: isReady,
    Ready: isReady,
  };
  const foreign = ((pod.status?.conditions ?? []) as unknown as PodCondition[]).filter(({ type }) => !(type in own));
  const conditions = Object.entries(own).map(([type, holds]): PodCondition => {
    const status = holds ? "True" : "False";
    const kept = before.find((condition) => condition.type === type && condition.status === status);
    return kept ?? { type, status, lastTransitionTime: isoSeconds() };
  });
  return {
    phase,
    ...(problem === undefined ? { message: null } : { message: problem }),
    hostIP: hostIPs[0],
    hostIPs: hostIPs.map((ip) => ({ ip })),
    podIP: podIPs[0],
    podIPs: podIPs.map((ip) => ({ ip })),
    startTime,
    conditions: [...foreign, ...conditions],
    containerStatuses: containers.map(({ status }) => status),
  };
}

/** Pending until all containers have run; over when all have ended and none will start again. */
function phaseOf(containers: readonly Container[]): "Pending" | "Running" | "Succeeded" | "Failed" {
  const codes = containers.map(({ isOver, exitCode }) => (isOver ? exitCode : undefined));
  if (codes.length > 0 && codes.every((code) => code !== undefined)) {
    return codes.every((code) => code === 0) ? "Succeeded" : "Failed";
  }
  return containers.length > 0 && containers.every(({ process }) => process !== undefined) ? "Running" : "Pending";
}
