// Sends ARP requests from the client at a steady rate and counts the replies; the order comes as JSON in argv[2], the
// result goes to stdout as JSON.
import { setImmediate as nextTurn } from "node:timers/promises";
import { openPacketSocket } from "#src/linux/packet-socket.ts";
import { ETHER_TYPE_ARP } from "#src/wire/ethernet.ts";
import { type Asker, EVERY_FRAME, interfaceIndex, requestFrame } from "./request.ts";

export interface FloodResult {
  readonly sent: number;
  readonly received: number;
  readonly seconds: number;
}

interface Order extends Asker {
  readonly ip: string;
  readonly perSecond: number;
  readonly seconds: number;
}

/** Frames sent between two looks at the socket. */
const BURST = 50;
const DRAIN_TURNS_MS = 50;

async function run(order: Order): Promise<FloodResult> {
  let received = 0;
  let sent = 0;
  using socket = openPacketSocket({
    interfaceIndex: interfaceIndex(),
    etherType: ETHER_TYPE_ARP,
    filter: EVERY_FRAME,
    onFrame: () => received++,
    onError: (errno) => console.error(`errno ${errno}`),
  });
  const frame = requestFrame(order.ip, order);
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

console.log(JSON.stringify(await run(JSON.parse(process.argv[2] ?? "{}") as Order)));
