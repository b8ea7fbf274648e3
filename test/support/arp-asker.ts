// Asks the LAN who has an address, again and again, and prints who answered each request: a process of the rack's client.
// Usage: node test/support/arp-asker.ts INTERFACE OWN-IP TARGET-IP EVERY-MS
// A line for each request, once the next one is due: `SENT-NS MAC,MAC`, each MAC once; on a busy machine an answer may
// come so late that it counts for the next request.
import { type Ip, parseIp } from "#src/ip/address.ts";
import { encodeProgram, returns } from "#src/layer2/encode-program.ts";
import { openLinkWatcher } from "#src/linux/link-watcher.ts";
import { openPacketSocket } from "#src/linux/packet-socket.ts";
import { decodeArp, encodeArp } from "#src/wire/arp.ts";
import { encodeEthernet, ETHER_TYPE_ARP, ETHERNET_HEADER_BYTES } from "#src/wire/ethernet.ts";
import { BROADCAST_MAC, printMac, ZERO_MAC } from "#src/wire/mac.ts";

const FRAME_BYTES = 1_514;

const [link = "", ownText = "", targetText = "", everyMs = "20"] = process.argv.slice(2);

function ipOf(text: string): Ip {
  const ip = parseIp(text);
  if (ip === undefined) throw new Error(`${text} is no address`);
  return ip;
}

const [senderIp, targetIp] = [ipOf(ownText), ipOf(targetText)];
const watcher = await openLinkWatcher({ onChange: () => undefined });
const found = [...watcher.links().values()].find(({ name }) => name === link);
if (found === undefined) throw new Error(`no link ${link}`);
const source = found.mac;
const payload = encodeArp({ operation: "request", senderMac: source, senderIp, targetMac: ZERO_MAC, targetIp });
const request = encodeEthernet({ destination: BROADCAST_MAC, source, etherType: ETHER_TYPE_ARP, payload });
let sentNs: bigint | undefined;
let answers = new Set<string>();

const socket = openPacketSocket({
  interfaceIndex: found.index,
  etherType: ETHER_TYPE_ARP,
  filter: encodeProgram([returns(FRAME_BYTES)]),
  onFrame(frame) {
    const arp = decodeArp(frame.subarray(ETHERNET_HEADER_BYTES));
    // An answer to a request is for the one that asked; announcements are for everybody.
    const isAnswer = arp?.operation === "reply" && printMac(frame.subarray(0, 6)) === printMac(source);
    if (isAnswer && arp.senderIp.value === targetIp.value) answers.add(printMac(arp.senderMac));
  },
  onError: (errno) => console.error(`errno ${errno}`),
});

setInterval(() => {
  if (sentNs !== undefined) console.log(`${sentNs} ${[...answers].join(",")}`);
  answers = new Set();
  sentNs = process.hrtime.bigint();
  socket.send(request);
}, Number(everyMs));
