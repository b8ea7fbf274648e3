import type { DatagramSocket } from "#native/socket.ts";

const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;

/**
 * Asks for a receive buffer of that size: past the system's limit if we may (CAP_NET_ADMIN in the first user
 * namespace), else up to it (sysctl net.core.rmem_max).
 */
export function setReceiveBuffer(socket: DatagramSocket, bytes: number): void {
  const value = new Uint8Array(4);
  new DataView(value.buffer).setInt32(0, bytes, true);
  try {
    socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, value);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
    socket.setOption(SOL_SOCKET, SO_RCVBUF, value);
  }
}
