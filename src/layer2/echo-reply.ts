import { equalIps, type Ip } from "#src/ip/address.ts";
import { reservedUse } from "#src/ip/reserved-use.ts";
import { ECHO_HEADER_BYTES, TYPE_ECHO_REPLY, TYPE_ECHO_REQUEST } from "#src/wire/echo.ts";
import {
  decodeEthernet,
  encodeEthernet,
  ETHER_TYPE_IPV4,
  ETHER_TYPE_IPV6,
  type EthernetFrame,
} from "#src/wire/ethernet.ts";
import { decodeIcmp, encodeIcmp, type IcmpMessage } from "#src/wire/icmp.ts";
import { decodeIcmpv6, encodeIcmpv6 } from "#src/wire/icmpv6.ts";
import { decodeIpv4, encodeIpv4, PROTOCOL_ICMP } from "#src/wire/ipv4.ts";
import { decodeIpv6, encodeIpv6, NEXT_HEADER_ICMPV6 } from "#src/wire/ipv6.ts";
import { equalMacs, isMachineMac } from "#src/wire/mac.ts";

/** How far a reply may go: the default of hosts (RFC 1700, "IP TTL"). */
const REPLY_HOP_LIMIT = 64;

/** Who answers: one interface. */
export interface EchoResponder {
  /** The Ethernet address of the interface. */
  readonly mac: Uint8Array;
  /** Whether echo requests to the address are answered here now. */
  answersFor(ip: Ip): boolean;
  /** Whether the address means all hosts of a network of the interface. */
  isBroadcast(ip: Ip): boolean;
}

/** Why an echo request is not answered: a closed set. */
type EchoFault =
  /** Neither ICMP nor ICMPv6, or another message of them. */
  | "not-echo"
  /** Sent to another machine's Ethernet address, or to more than one machine. */
  | "destination-mac"
  /** Not a packet as its RFC describes it, or cut because it is too long. */
  | "malformed"
  /** IPv4 with options: a record of the route, for example, which a reply would have to continue (RFC 1122 section 3.2.2.6). */
  | "options"
  /** A piece of a packet, or one with the reserved flag. */
  | "fragment"
  | "checksum"
  /** No address that is answered for here. */
  | "not-announced"
  /** Sent by ourselves and reflected by the network. */
  | "own-frame"
  /** No single machine can be answered at what the sender says it is. */
  | "sender";

/** What a frame yields: the frame to send in reply, or the reason for silence. */
export type Echo =
  | {
      readonly kind: "reply";
      readonly frame: Uint8Array;
      /** Its own for each request: both addresses, identifier and sequence number. */
      readonly request: string;
      /** What the request had left of its time to live, or hop limit. */
      readonly hopsLeft: number;
    }
  | { readonly kind: "drop"; readonly reason: EchoFault };

/**
 * Answers an echo request to an address that is answered for (RFC 1122 section 3.2.2.6, RFC 4443 section 4.2): with its identifier,
 * its sequence number and its data, so never with more bytes than were asked with, and to the machine on this link that it came from, a
 * host or a router. So a forged source reaches no other machine of the link. Never throws, whatever the bytes.
 */
export function echoReply(frame: Uint8Array, responder: EchoResponder): Echo {
  const ethernet = decodeEthernet(frame);
  if (ethernet === undefined) return drop("malformed");
  const { destination, source } = ethernet;
  if (!equalMacs(destination, responder.mac)) return drop("destination-mac");
  if (equalMacs(source, responder.mac)) return drop("own-frame");
  if (!isMachineMac(source)) return drop("sender");
  switch (ethernet.etherType) {
    case ETHER_TYPE_IPV4:
      return replyToIpv4(ethernet, responder);
    case ETHER_TYPE_IPV6:
      return replyToIpv6(ethernet, responder);
    default:
      return drop("not-echo");
  }
}

function drop(reason: EchoFault): Echo {
  return { kind: "drop", reason };
}

function replyToIpv4(ethernet: EthernetFrame, responder: EchoResponder): Echo {
  const decoded = decodeIpv4(ethernet.payload);
  if (!decoded.ok) return drop(decoded.reason);
  const { packet } = decoded;
  if (packet.protocol !== PROTOCOL_ICMP) return drop("not-echo");
  const icmp = decodeIcmp(packet.payload);
  if (!icmp.ok) return drop(icmp.reason === "checksum" ? "checksum" : "malformed");
  const fault = faultOf({ ...packet, message: icmp.message }, responder);
  if (fault !== undefined) return drop(fault);
  // As the request says of itself: a packet that may be fragmented has a number that its sender gives to no other one (RFC 6864),
  // and the type of service is that of the request (RFC 1349 section 5.1).
  const { typeOfService, identification, dontFragment, source, destination } = packet;
  const payload = encodeIpv4({
    typeOfService,
    identification,
    dontFragment,
    timeToLive: REPLY_HOP_LIMIT,
    protocol: PROTOCOL_ICMP,
    source: destination,
    destination: source,
    payload: encodeIcmp({ type: TYPE_ECHO_REPLY.ipv4, code: 0, body: icmp.message.body }),
  });
  return replyTo(ethernet, payload, { ...packet, hopsLeft: packet.timeToLive, body: icmp.message.body });
}

function replyToIpv6(ethernet: EthernetFrame, responder: EchoResponder): Echo {
  const packet = decodeIpv6(ethernet.payload);
  if (packet === undefined) return drop("malformed");
  if (packet.nextHeader !== NEXT_HEADER_ICMPV6) return drop("not-echo");
  const icmp = decodeIcmpv6(packet.payload, packet);
  if (!icmp.ok) return drop(icmp.reason === "checksum" ? "checksum" : "malformed");
  const fault = faultOf({ ...packet, message: icmp.message }, responder);
  if (fault !== undefined) return drop(fault);
  const ends = { source: packet.destination, destination: packet.source };
  const message = encodeIcmpv6({ type: TYPE_ECHO_REPLY.ipv6, code: 0, body: icmp.message.body }, ends);
  const payload = encodeIpv6({
    ...ends,
    nextHeader: NEXT_HEADER_ICMPV6,
    hopLimit: REPLY_HOP_LIMIT,
    payload: message,
  });
  return replyTo(ethernet, payload, { ...packet, hopsLeft: packet.hopLimit, body: icmp.message.body });
}

interface EchoRequest {
  readonly source: Ip;
  readonly destination: Ip;
  readonly hopsLeft: number;
  readonly body: Uint8Array;
}

function replyTo(ethernet: EthernetFrame, payload: Uint8Array, request: EchoRequest): Echo {
  const { source, destination, hopsLeft, body } = request;
  const ends = { destination: ethernet.source, source: ethernet.destination };
  const frame = encodeEthernet({ ...ends, etherType: ethernet.etherType, payload });
  const numbers = body.subarray(0, ECHO_HEADER_BYTES).join(".");
  return { kind: "reply", frame, request: `${source.value} ${destination.value} ${numbers}`, hopsLeft };
}

interface ReceivedMessage {
  readonly source: Ip;
  readonly destination: Ip;
  readonly message: IcmpMessage;
}

/** What both families have in common. */
function faultOf({ source, destination, message }: ReceivedMessage, responder: EchoResponder): EchoFault | undefined {
  const { type, code, body } = message;
  if (type !== TYPE_ECHO_REQUEST[destination.family] || code !== 0) return "not-echo";
  if (body.length < ECHO_HEADER_BYTES) return "malformed";
  if (!responder.answersFor(destination)) return "not-announced";
  const use = reservedUse(source);
  if (use !== undefined && use !== "link-local") return "sender";
  return equalIps(source, destination) || responder.isBroadcast(source) ? "sender" : undefined;
}
