import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { loadNative } from "#native/load.ts";
import { dropNewConnections } from "#src/linux/drop-new-connections.ts";

const NO_DESCRIPTOR = 1_000_000;
const SOL_SOCKET = 1;
const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listening(host: string): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => closers.push(() => socket.destroy()));
  closers.push(() => server.close());
  server.listen(0, host);
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

function open(port: number, host: string): Socket {
  const socket = connect({ port, host });
  closers.push(() => socket.destroy());
  return socket;
}

function descriptorOf(owner: Server | Socket): number {
  // oxlint-disable-next-line no-underscore-dangle -- as Node names it
  return (owner as unknown as { readonly _handle: { readonly fd: number } })._handle.fd;
}

describe("dropNewConnections()", () => {
  it.each(["127.0.0.1", "::1"])("takes no new connection at %s, and leaves those that there are", async (host) => {
    const { server, port } = await listening(host);
    const early = open(port, host);
    const [[peer]] = (await Promise.all([once(server, "connection"), once(early, "connect")])) as [[Socket], unknown];
    expect(dropNewConnections(descriptorOf(server))).toBe(true);
    const late = open(port, host);
    early.write("x");
    expect(String(((await once(peer, "data")) as [Buffer])[0])).toBe("x");
    expect(late.connecting).toBe(true);
    // Nobody has the port then: the client is refused when it asks again.
    for (const socket of [early, peer]) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    const [error] = (await once(late, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNREFUSED");
  });

  it("says so where there is no such socket", () => {
    expect(dropNewConnections(NO_DESCRIPTOR)).toBe(false);
  });
});

describe("options of descriptors", () => {
  const native = loadNative();
  const wrong = (value: unknown): never => value as never;

  it.each([
    ["a filter of an odd length", () => native.attachDescriptorFilter(NO_DESCRIPTOR, new Uint8Array(9)), "EINVAL"],
    ["an endless filter", () => native.attachDescriptorFilter(NO_DESCRIPTOR, new Uint8Array(8 * 4_097)), "EINVAL"],
    ["no descriptor", () => native.setDescriptorOption(-1, SOL_SOCKET, 1, new Uint8Array(4)), "EBADF"],
    ["a text", () => native.setDescriptorOption(wrong("1"), SOL_SOCKET, 1, new Uint8Array(4)), "ERR_INVALID_ARG_TYPE"],
    ["no bytes", () => native.attachDescriptorFilter(1, wrong("x")), "ERR_INVALID_ARG_TYPE"],
  ])("refuse %s", (_name, call, code) => {
    expect(call).toThrowError(expect.objectContaining({ code }) as Error);
  });
});
