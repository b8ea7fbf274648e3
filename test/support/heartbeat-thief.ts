// Prints the first heartbeat that a machine sends to this host over IPv6, as a listener on the path would have it, and ends: a process of a rack's host.
// Usage: node test/support/heartbeat-thief.ts SENDER-IP; the line is the payload of the datagram as hexadecimal digits.
import { parseIp } from "#src/ip/address.ts";
import { encodeProgram, returns } from "#src/layer2/encode-program.ts";
import { openPacketSocket } from "#src/linux/packet-socket.ts";
import { ETHERNET_HEADER_BYTES, ETHER_TYPE_IPV6 } from "#src/wire/ethernet.ts";
import { decodeIpv6 } from "#src/wire/ipv6.ts";

const FRAME_BYTES = 1_514;
const NEXT_HEADER_UDP = 17;
const UDP_HEADER_BYTES = 8;
const HEARTBEAT_PORT = 7946;
/** Of the interface eth0 of each host of a rack. */
const INTERFACE_INDEX = 2;

const sender = parseIp(process.argv[2] ?? "");
if (sender?.family !== "ipv6") throw new Error("one argument: the IPv6 address of the sender");

const socket = openPacketSocket({
  interfaceIndex: INTERFACE_INDEX,
  etherType: ETHER_TYPE_IPV6,
  filter: encodeProgram([returns(FRAME_BYTES)]),
  onFrame(frame) {
    const packet = decodeIpv6(frame.subarray(ETHERNET_HEADER_BYTES));
    if (packet?.nextHeader !== NEXT_HEADER_UDP || packet.source.value !== sender.value) return;
    const { payload } = packet;
    const isHeartbeat = (((payload[2] ?? 0) << 8) | (payload[3] ?? 0)) === HEARTBEAT_PORT;
    // A question to the port is a datagram without content.
    if (!isHeartbeat || payload.length === UDP_HEADER_BYTES) return;
    console.log(Buffer.from(payload.subarray(UDP_HEADER_BYTES)).toString("hex"));
    socket.close();
  },
  onError: () => undefined,
});
