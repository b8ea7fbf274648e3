// Opens connections from a host's namespace for this process, which is on no host. Each connection to the Unix socket
// begins with a line `ADDRESS PORT`, and is then passed on to there.
// Usage: node lab/tunnel.ts SOCKET-FILE
import { once } from "node:events";
import { rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { passOn } from "#lab/cluster/open-relay.ts";
import type { Host } from "#lab/rack/host.ts";
import type { RackProcess } from "#lab/rack/rack-process.ts";

const PROGRAM = fileURLToPath(import.meta.url);
const NEWLINE = 0x0a;
/** An address and a port are never longer. */
const LINE_LIMIT = 64;

/** Connects to an address as the host would. */
export type Dial = (address: string, port: number) => Socket;

export interface Tunnel {
  readonly dial: Dial;
  /** Dies with the host's power. */
  readonly process: RackProcess;
}

/** Starts a tunnel in a host; its socket is put into the directory. */
export async function openTunnel(host: Host, directory: string): Promise<Tunnel> {
  const path = join(directory, `tunnel-${host.name}.sock`);
  const command = [process.execPath, PROGRAM, path];
  const running = await host.spawn({ name: "tunnel", command, ready: /^ready$/ });
  const dial: Dial = (address, port) => {
    const socket = connect({ path });
    socket.write(`${address} ${port}\n`);
    return socket;
  };
  return { dial, process: running };
}

/** Reads the first line of a connection, then passes on both ways what follows. */
function serve(near: Socket): void {
  let begin = Buffer.alloc(0);
  near.on("error", () => near.destroy());
  near.on("data", function read(chunk: Buffer) {
    begin = Buffer.concat([begin, chunk]);
    const end = begin.indexOf(NEWLINE);
    if (end === -1) {
      if (begin.length > LINE_LIMIT) near.destroy();
      return;
    }
    near.off("data", read);
    near.pause();
    const [host = "", port = ""] = begin.subarray(0, end).toString("latin1").split(" ");
    const far = connect({ host, port: Number(port), allowHalfOpen: true });
    far.write(begin.subarray(end + 1));
    passOn(near, far);
    passOn(far, near);
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [path = ""] = process.argv.slice(2);
  rmSync(path, { force: true });
  const server = createServer({ allowHalfOpen: true }, serve);
  server.listen(path);
  await once(server, "listening");
  console.log("ready");
}
