import type { Logger } from "#src/process/log.ts";
import { handleIo, type Io, netIo } from "./io.ts";
import { ioFault } from "./io-fault.ts";
import { type NodeStreams, openNodeStreams } from "./node-streams.ts";

export const IO_CHOICES = ["auto", "net"] as const;

/** How bytes are moved: over Node's streams where these pass a test, or where `net` is asked for over its sockets. */
export async function chooseIo(
  wanted: (typeof IO_CHOICES)[number],
  { log, streams = openNodeStreams() }: { readonly log: Logger; readonly streams?: NodeStreams | undefined },
): Promise<Io> {
  if (wanted === "net") return netIo;
  const io = streams && handleIo(streams);
  const reason = io === undefined ? `Node ${process.versions.node} is not known` : await ioFault(io);
  if (io === undefined || reason !== undefined) {
    log.warn(
      { io: netIo.name, reason },
      "using Node's sockets, because the streams below them do not work; requests cost more",
    );
    return netIo;
  }
  log.info({ io: io.name }, "using the streams below Node's sockets");
  return io;
}
