// Asks by ARP for addresses until each is answered, and prints when that was, a line of JSON for each. The order comes
// as JSON in argv[2]. Times are those of process.hrtime, which all processes of a machine share.
import { printIp } from "#src/ip/address.ts";
import { openPacketSocket } from "#src/linux/packet-socket.ts";
import { decodeArp } from "#src/wire/arp.ts";
import { decodeEthernet, ETHER_TYPE_ARP } from "#src/wire/ethernet.ts";
import { printMac } from "#src/wire/mac.ts";
import { type Asker, EVERY_FRAME, interfaceIndex, requestFrame } from "#bench/arp/request.ts";

export interface AskOrder extends Asker {
  /** In the order in which they are expected. */
  readonly addresses: readonly string[];
  /** Asked for at once: so many of those without an answer. */
  readonly window: number;
  readonly everyMs: number;
}

/** What is printed of an address. */
export interface Heard {
  readonly ip: string;
  /** The first frame that names it, asked for or not. */
  readonly namedNs: string;
  /** The first reply to a request of ours. */
  readonly repliedNs: string;
}

function run(order: AskOrder): void {
  const frames = new Map(order.addresses.map((ip) => [ip, requestFrame(ip, order)]));
  const named = new Map<string, bigint>();
  const socket = openPacketSocket({
    interfaceIndex: interfaceIndex(),
    etherType: ETHER_TYPE_ARP,
    filter: EVERY_FRAME,
    onFrame: (bytes) => {
      const frame = decodeEthernet(bytes);
      const packet = frame && decodeArp(frame.payload);
      if (packet !== undefined) hear(packet);
    },
    onError: (errno) => console.error(`errno ${errno}`),
  });

  function hear({ operation, senderIp, targetMac, targetIp }: NonNullable<ReturnType<typeof decodeArp>>): void {
    const ip = printIp(senderIp);
    if (!frames.has(ip)) return;
    const nowNs = process.hrtime.bigint();
    if (!named.has(ip)) named.set(ip, nowNs);
    const isReply = operation === "reply" && printMac(targetMac) === order.mac && printIp(targetIp) === order.senderIp;
    if (!isReply) return;
    frames.delete(ip);
    const heard: Heard = { ip, namedNs: String(named.get(ip)), repliedNs: String(nowNs) };
    console.log(JSON.stringify(heard));
    if (frames.size === 0) process.stdout.write("", () => process.exit(0));
  }

  setInterval(() => {
    for (const frame of [...frames.values()].slice(0, order.window)) socket.send(frame);
  }, order.everyMs);
  console.log("ready");
}

run(JSON.parse(process.argv[2] ?? "{}") as AskOrder);
