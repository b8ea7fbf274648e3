import type { Socket } from "node:net";
import type { Arrival } from "./arrival.ts";
import { addressOf } from "./net.ts";

/** An accepted `node:net` socket. */
export function socketArrival(socket: Socket): Arrival {
  let stop = (): void => undefined;
  return {
    address: addressOf(socket),
    destroy: () => socket.destroy(),
    onGone: (call) => void socket.once("close", call),
    startPreface({ onBytes, onEnd, onGone }) {
      stop = () => socket.off("data", onBytes).off("end", onEnd).off("close", onGone);
      socket.on("error", () => undefined);
      socket.on("data", onBytes).on("end", onEnd).on("close", onGone);
      // It is paused where something of it was read before.
      if (socket.isPaused()) socket.resume();
    },
    stopPreface(rest) {
      stop();
      socket.pause();
      if (rest.length > 0) socket.unshift(rest);
    },
  };
}
