import { constants } from "node:os";
import { NETLINK_ROUTE, netlinkError, netlinkGroups, openNetlinkSocket } from "./netlink-socket.ts";
import { setReceiveBuffer } from "./receive-buffer.ts";

/** Room for the events of some thousand links that change at once. */
const BUFFER_BYTES = 1 << 20;

export interface RtnetlinkEventsOptions {
  /** RTMGRP_* of rtnetlink(7). */
  readonly groups: number;
  /** Something of these groups changed, or events were lost (ENOBUFS). */
  onEvent(): void;
  onError(error: Error): void;
}

/** Opens a socket that hears that something changed. It does not say what: take a dump. */
export function openRtnetlinkEvents({ groups, onEvent, onError }: RtnetlinkEventsOptions): Disposable {
  const socket = openNetlinkSocket({
    protocol: NETLINK_ROUTE,
    onDatagram: () => onEvent(),
    onError: (errno) => {
      if (errno === constants.errno.ENOBUFS) onEvent();
      else onError(netlinkError("recvmmsg", errno));
    },
  });
  try {
    setReceiveBuffer(socket, BUFFER_BYTES);
    socket.bind(netlinkGroups(groups));
    socket.start();
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}
