// Asks each so many milliseconds who has an address, by broadcast as a client does, and prints who answers.
// Usage: node lab/probes/asked-main.ts IP MAC EVERY-MS; it ends with SIGTERM.
import { parseIp } from "#src/ip/address.ts";
import { arpClaimFilter } from "#src/layer2/filter.ts";
import { probeFrame } from "#src/layer2/probe-frame.ts";
import { readClaim } from "#src/layer2/read-claim.ts";
import { openPacketSocket } from "#src/linux/packet-socket.ts";
import { ETHER_TYPE_ARP } from "#src/wire/ethernet.ts";
import { parseMac, printMac } from "#src/wire/mac.ts";
import { printAskedLine } from "./asked-round.ts";

/** Of the interface eth0 of each host of a rack. */
const INTERFACE_INDEX = 2;

const [, , ipText = "", macText = "", everyMs = ""] = process.argv;
const [ip, mac] = [parseIp(ipText), parseMac(macText)];
if (ip?.family !== "ipv4" || mac === undefined) throw new Error(`no IPv4 address and MAC: ${ipText}, ${macText}`);

const socket = openPacketSocket({
  interfaceIndex: INTERFACE_INDEX,
  etherType: ETHER_TYPE_ARP,
  filter: arpClaimFilter([ip]),
  onFrame(frame) {
    const claim = readClaim(frame, mac);
    const isUnicast = frame.subarray(0, mac.length).every((byte, index) => byte === mac[index]);
    if (claim === undefined || !isUnicast) return;
    console.log(printAskedLine(["answered", String(process.hrtime.bigint()), printMac(claim.mac)]));
  },
  onError: () => undefined,
});
setInterval(() => {
  console.log(printAskedLine(["asked", String(process.hrtime.bigint())]));
  socket.send(probeFrame(ip, mac));
}, Number(everyMs));
