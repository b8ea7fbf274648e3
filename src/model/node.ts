import type { Ip } from "#src/ip/address.ts";

/** A Node, strictly read. */
export interface Node {
  readonly name: string;
  /** `status.addresses` of type InternalIP, in order. */
  readonly internalAddresses: readonly Ip[];
  readonly externalAddresses: readonly Ip[];
  readonly labels: Readonly<Record<string, string>>;
  /** Condition Ready; true where the object has no such condition (a manifest on disk). */
  readonly ready: boolean;
  /** Condition NetworkUnavailable = True. */
  readonly networkUnavailable: boolean;
  /** Label `node.kubernetes.io/exclude-from-external-load-balancers` is present. */
  readonly excluded: boolean;
}
