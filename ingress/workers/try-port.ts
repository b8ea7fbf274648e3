import { createServer } from "node:net";
import { type ListenHandle, type ListenOptions, listenWithRetry } from "#src/process/listen.ts";

/**
 * Finds out whether a port is free before several servers share it: otherwise another program of the same user that shares it, too, would get
 * a part of the connections without a word. Calls back once, with the port, when it is free.
 */
export function tryPort(
  options: Pick<ListenOptions, "name" | "port" | "address" | "log" | "onProblem">,
  onFree: (port: number) => void,
): ListenHandle {
  const server = createServer((socket) => socket.destroy());
  const handle = listenWithRetry(server, {
    ...options,
    isTrial: true,
    onListening(port) {
      server.once("close", () => onFree(port));
      handle.close();
    },
  });
  return handle;
}
