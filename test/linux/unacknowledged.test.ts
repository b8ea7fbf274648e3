import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { parseTcpTable, readUnacknowledged, unacknowledgedKey } from "#src/linux/unacknowledged.ts";

const HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const REST = " 1000        0 234302 1 0000000060fc03dd 20 4 0 10 -1\n";

/** Lines as kernel 6 prints them on a little-endian machine. */
const TABLE = [
  ["acknowledged", "0: 0100007F:A9E3 0100007F:84BC 01 00000000:00000000 00:00000000 00000000"],
  ["kept alive", "1: 0100007F:84BC 0100007F:A9E3 01 00000000:00000000 02:000001F2 00000000"],
  ["sent just now", "2: 0200640A:9C40 0500640A:1F90 01 0000004B:00000000 01:00000014 00000000"],
  ["sent three times again", "3: 0200640A:9C41 0500640A:1F90 01 0000004B:00000000 01:00000078 00000003"],
  ["with a full window", "4: 0200640A:9C42 0500640A:1F90 01 0000FFFF:00000000 04:00000078 00000000"],
  [
    "over IPv6",
    "5: B80D0120000000000000000002000000:9C43 B80D0120000000000000000005000000:1F90 01 00000001:00000000 01:00000078 0000000A",
  ],
].map(([, line]) => `   ${line}${REST}`);

describe("the kernel's table of TCP connections", () => {
  it("I7 tells which wait for an acknowledgement, and how often the data was sent again", () => {
    const peer = { address: "10.100.0.5", port: 8_080 };
    expect(new Map(parseTcpTable(HEAD + TABLE.join("")))).toEqual(
      new Map([
        [unacknowledgedKey(0x9c40, peer), 0],
        [unacknowledgedKey(0x9c41, peer), 3],
        [unacknowledgedKey(0x9c43, { address: "2001:db8:0:0::5", port: 8_080 }), 10],
      ]),
    );
  });

  it("I7 has no entry for a peer that acknowledges and does not read", async () => {
    const server = createServer((socket) => socket.pause());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.write("x");
    const key = unacknowledgedKey(socket.localPort ?? 0, { address: "127.0.0.1", port });
    expect((await readUnacknowledged())?.has(key)).toBe(false);
    socket.destroy();
    server.close();
  });
});
