// A worker thread that holds open sockets until it is ended: the tests end it in the middle of its work.
import { parentPort, workerData } from "node:worker_threads";
import { DatagramSocket } from "#native/socket.ts";
import { openLinkWatcher } from "#src/linux/link-watcher.ts";

const { address, isThrowing } = workerData as { readonly address: Uint8Array; readonly isThrowing: boolean };

await openLinkWatcher({ onChange: () => {} });
const unixSocket = { domain: 1, type: 2, protocol: 0, slots: 4, slotBytes: 64 };
const socket = new DatagramSocket({
  ...unixSocket,
  onDatagram: (datagram) => {
    if (isThrowing) throw new Error("thrown by the receiver");
    // Another thread may be closing it when this one ends.
    new DatagramSocket({ ...unixSocket, onDatagram: () => {}, onError: () => {} }).close();
    parentPort?.postMessage(datagram.length);
  },
  onError: () => {},
});
socket.bind(address);
socket.start();
parentPort?.postMessage("ready");
