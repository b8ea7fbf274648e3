/**
 * Why a Service has the addresses it has, or has none, or an Ingress is not served, and how a configuration was taken:
 * the closed set that is the reason of Events, of the conditions of a Service and of log lines. The
 * texts are its table in docs/errors.md; a test compares the two.
 */
export const REASON_MEANINGS = {
  AddressAssigned: "The Service has all the addresses it asks for.",
  AddressReleased: "The Service gave an address back: it was deleted, changed its type or moved to another address.",
  AddressOrphaned: "The Service has an address that no pool contains any longer. It keeps serving.",
  AddressNotReleased:
    "The Service is to release an address and keeps it: no other address can take its place, or the Service asks for exactly this one. It moves as soon as another address is free.",
  AddressConflict:
    "The Service had an address that another Service has too, and lost it: the Service that was changed yields, otherwise the younger one.",
  AddressUnusable:
    "The Service had an address that no Service can have, and lost it: the address of a Node, of a node's interface or of a default gateway, or one that is reserved (loopback, link-local, multicast).",
  AddressNotOurs:
    "The status has an address that no pool contains and that Hawser did not assign: no speaker announces it. The Service gets an address of a pool as soon as there is one.",
  PoolExhausted:
    "No free address is left in the pools that may serve the Service. It gets one as soon as there is one.",
  QuotaExceeded:
    "The Services of the namespace have as many addresses of the pool as its quota allows. The Service gets one as soon as another one there gives one back.",
  PoolNotForService:
    "The pool that the Service or its address needs is for other Services: its namespaces or selectors do not match.",
  PoolDisabled: "The pool is disabled: Services keep the addresses they have, and no Service gets another one.",
  NoPoolConfigured: "There is no pool that may serve the Service.",
  RequestedAddressNotInPool:
    "No pool that Hawser serves contains the requested address and assigns it, or the requested pool does not contain it.",
  RequestedAddressInUse:
    "Another Service has the requested address, and the two cannot share it; or a host has it, or it is kept for another Service.",
  RequestedPoolUnknown: "There is no pool of the requested name, or Hawser does not serve it.",
  FamilyUnavailable: "No pool that may serve the Service has addresses of the family it needs.",
  BadRequest: "The Service or its request cannot be understood. It keeps what it has.",
  NotServed:
    "The Ingress, or a part of it, cannot be understood, or asks for what Hawser does not have. What is closed answers 503.",
  PathTaken: "A rule of the Ingress takes no requests, because another one has the same host and path and goes first.",
  CertificateUnusable:
    "The certificate of a Secret that the Ingress names cannot be used, or clients refuse it. The last usable one, or the default certificate, is served.",
  OtherLoadBalancerClass: "The Service is of another provider's class, and is left alone.",
  StatusContested:
    "Another program undoes what is written into the Service's status. Hawser retries with increasing delays.",
  AnnotationsRefused:
    "The API server refuses the annotations that Hawser writes on the Service, because the Service has 256 KiB of others. Its status is written without them.",
  Announced: "A speaker answers for every address of the Service.",
  AnnouncementPending: "The address was assigned just now, and no speaker has reported yet that it answers for it.",
  NoSpeaker: "No speaker runs, or none can report: no speaker answers for the address.",
  NoReadySpeaker: "Speakers run, but none is ready: no speaker answers for the address.",
  NoEligibleNode:
    "Speakers are ready, but none answers for the address. The message says what keeps how many nodes from it: labels, conditions, selectors, endpoints or their networks.",
  NoReadyEndpoint:
    "The address is announced, but the Service has no ready endpoint: no pod answers. Shown by `hawser status`.",
  MultipleOwners:
    "Several speakers have reported for some seconds that they answer for the address, because their heartbeats do not pass between the nodes; or one has reported that another machine answers too. The message names them.",
  AddressYielded:
    "Another machine on the network has the address, and the pool says conflict: yield. No speaker announces it, and its speaker asks again every minute. The message names the machine by its Ethernet address.",
  AddressOnLocalInterface:
    "The address has been on an interface of a node for some seconds, and that node's kernel answers for it, although another node announces it or none does: kube-proxy in IPVS mode without strictARP, or an address that another program left there. The message names a node, the interface and the fix.",
  VirtualRouterHasAddress:
    "A machine on the network says by VRRP that it has the address, too, as a speaker reports. The message names the machine, the number of its virtual router and the fix; and before that a machine that answers for the address, where one does.",
  TakenOver: "A speaker took addresses over from another one: one Event about its Node for each round.",
  SpeakerProblem:
    "A speaker reports a problem that its user can fix, with the code, the cause and the fix: one Event about its Node for each, when it has lasted some seconds.",
  PoolNearlyFull:
    "Of the addresses of a pool in one family, as many are in use as warning-percent of the pool says, or else --pool-warning-percent of the controller: one Event about the ConfigMap or the IPAddressPool.",
  PoolFull:
    "All addresses of a pool in one family are in use: one Event about the ConfigMap or the IPAddressPool. Services may have to wait.",
  PoolHasRoom:
    "A pool that was full or nearly full has had free addresses for a minute, or got another range: one Event about the ConfigMap or the IPAddressPool.",
  ConfigInvalid: "The configuration cannot be read. The last good one stays in use.",
  ConfigLoaded: "The configuration was read and is in use.",
} as const;

export type Reason = keyof typeof REASON_MEANINGS;

/** All reasons, in the order of the table. */
export const REASONS = Object.keys(REASON_MEANINGS) as readonly Reason[];
