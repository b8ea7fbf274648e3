import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import { readAcknowledgement } from "#src/linux/acknowledgement.ts";
import { blackHole } from "#test/support/black-hole.ts";

const NO_DESCRIPTOR = 1_000_000;

/** Of a socket of Node, as it names it. */
function descriptorOf(socket: object): number {
  // oxlint-disable-next-line no-underscore-dangle -- as Node names it
  return (socket as { readonly _handle: { readonly fd: number } })._handle.fd;
}

describe("readAcknowledgement()", () => {
  it("tells that a kernel has heard, also where its program does not read", async () => {
    const server = createServer((socket) => socket.pause()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    await once(socket, "connect");
    socket.write("x".repeat(1_000));
    const said = await until("all to be acknowledged", () => {
      const now = readAcknowledgement(descriptorOf(socket));
      return now?.isWhole === true && now;
    });
    expect(said.isConnecting).toBe(false);
    expect(said.roundTripMs).toBeGreaterThan(0);
    expect(said.roundTripMs).toBeLessThan(10_000);
    expect(said.silentMs).toBeLessThan(60_000);
    socket.destroy();
    server.close();
  });

  it("tells that there is no answer yet to what asks for a connection", async () => {
    await using hole = await blackHole();
    const socket = connect(hole.port, "127.0.0.1");
    socket.on("error", () => undefined);
    const said = await until("it to ask", () => readAcknowledgement(descriptorOf(socket)));
    expect([said.isConnecting, said.isWhole]).toEqual([true, false]);
    socket.destroy();
  });

  it("knows nothing of what is no TCP connection", () => {
    expect([readAcknowledgement(NO_DESCRIPTOR), readAcknowledgement(-1), readAcknowledgement(0)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
