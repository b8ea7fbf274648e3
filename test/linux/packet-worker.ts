// A worker thread that hears ARP on one link until it is ended: the lab tests end it in the middle of a flood.
import { parentPort, workerData } from "node:worker_threads";
import { openPacketSocket } from "#src/linux/packet-socket.ts";

const { interfaceIndex } = workerData as { readonly interfaceIndex: number };
/** Classic BPF: accept. */
const ACCEPT_ALL = Uint8Array.of(6, 0, 0, 0, 0xff, 0xff, 0, 0);

openPacketSocket({
  interfaceIndex,
  etherType: 0x0806,
  filter: ACCEPT_ALL,
  onFrame: () => parentPort?.postMessage(1),
  onError: () => {},
});
parentPort?.postMessage("ready");
