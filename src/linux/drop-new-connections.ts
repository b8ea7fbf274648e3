import { loadNative } from "#native/load.ts";

/**
 * Classic BPF (struct sock_filter, little-endian) on what comes for a socket, from its TCP header on: what has SYN and not ACK, which asks for
 * a new connection (RFC 9293 section 3.1), is dropped, all else is taken.
 */
const DROP_NEW_CONNECTIONS = new Uint8Array(
  [
    [0x30, 0, 0, 0, 13, 0, 0, 0], // load the byte of the flags
    [0x54, 0, 0, 0, 0x12, 0, 0, 0], // of them SYN and ACK
    [0x15, 0, 0, 1, 0x02, 0, 0, 0], // where it is SYN alone:
    [0x06, 0, 0, 0, 0, 0, 0, 0], // drop
    [0x06, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], // else take all of it
  ].flat(),
);

/**
 * From now on the kernel drops what asks a listening socket for a new connection: the client asks again after a second, when another
 * socket may have the port. Connections that are being made go on. False where the kernel or a missing native module does not let it.
 */
export function dropNewConnections(descriptor: number): boolean {
  try {
    loadNative().attachDescriptorFilter(descriptor, DROP_NEW_CONNECTIONS);
    return true;
  } catch {
    return false;
  }
}
