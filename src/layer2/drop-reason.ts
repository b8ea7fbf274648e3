/** Why a frame is not answered: a closed set of words, the value of a metric label. */
export const dropReasons = [
  /** Under 14 bytes: not even an Ethernet header. */
  "short",
  /** Neither ARP nor IPv6. */
  "ether-type",
  /** Sent to another machine's Ethernet address: seen in promiscuous mode, or flooded by a switch. */
  "destination-mac",
  /** Sent by ourselves and reflected by the network. */
  "own-frame",
  /** Not a packet as its RFC describes it. */
  "malformed",
  /** An ARP reply. */
  "not-request",
  /** A gratuitous ARP request: another machine says that it has the address. It asks for nothing. */
  "gratuitous",
  /** IPv6, but no neighbor solicitation. */
  "not-solicitation",
  /** A solicitation with a hop limit other than 255: it came through a router (RFC 4861 section 7.1.1). */
  "hop-limit",
  "checksum",
  /** No machine can be answered at what the sender says it is: a group address, or none. */
  "sender",
  /** Asks for an address that we do not announce here. */
  "not-announced",
] as const;

/** One of `dropReasons`. */
export type DropReason = (typeof dropReasons)[number];
