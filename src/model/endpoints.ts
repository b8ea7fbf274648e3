/** One address of an EndpointSlice (discovery.k8s.io/v1). */
export interface Endpoint {
  readonly address: string;
  /** `conditions.ready`; unset counts as true. */
  readonly ready: boolean;
  /** `conditions.serving`; unset counts as `ready`. */
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly nodeName: string | undefined;
  /** `targetRef.uid`, else undefined: tells a reused address from the pod that had it before. */
  readonly podUid: string | undefined;
}

export interface EndpointPort {
  readonly name: string;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly port: number;
}

/** An EndpointSlice, strictly read. A Service's endpoints are the union of its slices. */
export interface EndpointSlice {
  readonly key: string;
  /** `namespace/name` of the Service, from the label `kubernetes.io/service-name`. */
  readonly serviceKey: string;
  readonly family: "ipv4" | "ipv6";
  readonly endpoints: readonly Endpoint[];
  readonly ports: readonly EndpointPort[];
}
