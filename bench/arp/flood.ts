// Sends ARP requests from the client at a steady rate and counts the replies; the order comes as JSON in argv[2], the
// result goes to stdout as JSON.
import { setImmediate as nextTurn } from "node:timers/promises";
import { parseIp } from "#src/ip/address.ts";
import { openPacketSocket } from "#src/linux/packet-socket.ts";
import { encodeArp } from "#src/wire/arp.ts";
import { encodeEthernet, ETHER_TYPE_ARP } from "#src/wire/ethernet.ts";
import { BROADCAST_MAC, parseMac, ZERO_MAC } from "#src/wire/mac.ts";
import { networkInterfaces } from "node:os";
import { readFileSync } from "node:fs";

export interface FloodResult {
  readonly sent: number;
  readonly received: number;
  readonly seconds: number;
}

interface Order {
  readonly ip: string;
  readonly mac: string;
  readonly senderIp: string;
  readonly perSecond: number;
  readonly seconds: number;
}

/** Accepts every frame: BPF_RET | BPF_K with the largest length. */
const EVERYTHING = new Uint8Array([0x06, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
/** Frames sent between two looks at the socket. */
const BURST = 50;
const DRAIN_TURNS_MS = 50;

function requestFrame({ ip, mac, senderIp }: Order): Uint8Array {
  const [targetIp, sender, source] = [parseIp(ip), parseIp(senderIp), parseMac(mac)];
  if (targetIp === undefined || sender === undefined || source === undefined) throw new Error("bad order");
  const packet = { operation: "request", senderMac: source, senderIp: sender, targetMac: ZERO_MAC, targetIp } as const;
  const payload = encodeArp(packet);
  return encodeEthernet({ destination: BROADCAST_MAC, source, etherType: ETHER_TYPE_ARP, payload });
}

async function run(order: Order): Promise<FloodResult> {
  let received = 0;
  let sent = 0;
  using socket = openPacketSocket({
    interfaceIndex: interfaceIndex(),
    etherType: ETHER_TYPE_ARP,
    filter: EVERYTHING,
    onFrame: () => received++,
    onError: (errno) => console.error(`errno ${errno}`),
  });
  const frame = requestFrame(order);
  const start = performance.now();
  for (let elapsed = 0; elapsed < order.seconds * 1_000; elapsed = performance.now() - start) {
    const due = Math.min((elapsed / 1_000) * order.perSecond - sent, BURST);
    for (let index = 0; index < due; index++) if (socket.send(frame) > 0) sent++;
    await nextTurn();
  }
  const seconds = (performance.now() - start) / 1_000;
  for (const end = performance.now() + DRAIN_TURNS_MS; performance.now() < end;) await nextTurn();
  return { sent, received, seconds };
}

/** /proc/net names interfaces by index also where /sys belongs to another namespace. */
function interfaceIndex(): number {
  if (networkInterfaces()["eth0"] === undefined) throw new Error("no eth0 here");
  const row = readFileSync("/proc/net/igmp", "utf8")
    .split("\n")
    .find((line) => /^\d+\s+eth0\s/.test(line));
  return Number(row?.split(/\s+/)[0]);
}

console.log(JSON.stringify(await run(JSON.parse(process.argv[2] ?? "{}") as Order)));
