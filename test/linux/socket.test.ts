import { once } from "node:events";
import { readdirSync } from "node:fs";
import { constants } from "node:os";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it, vi } from "vitest";
import { loadNative } from "#native/load.ts";
import { DatagramSocket, type DatagramSocketOptions } from "#native/socket.ts";
import { eventually } from "#test/support/eventually.ts";

const AF_UNIX = 1;
const AF_NETLINK = 16;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const { EBADF, EFAULT } = constants.errno;

const opened: DatagramSocket[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.close();
});

/** A Unix datagram socket: needs no privilege, and is as much a datagram socket as any. */
function open(options: Partial<DatagramSocketOptions> = {}): DatagramSocket {
  const nothing = { onDatagram: () => {}, onError: () => {} };
  const size = { domain: AF_UNIX, type: SOCK_DGRAM, protocol: 0, slots: 4, slotBytes: 64 };
  const socket = new DatagramSocket({ ...size, ...nothing, ...options });
  opened.push(socket);
  return socket;
}

let names = 0;
/** A fresh abstract address: struct sockaddr_un with a path that begins with zero. */
function freshAddress(): Uint8Array {
  return Buffer.from(`\x01\0\0hawser-test-${process.pid}-${names++}`, "latin1");
}

function openFileCount(): number {
  return readdirSync("/proc/self/fd").length;
}

/** A value of a wrong type, past the compiler. */
function wrong(value: unknown): never {
  return value as never;
}

describe("DatagramSocket", () => {
  it("brings datagrams over whole, in order and with their sender, more than there are slots", async () => {
    const [from, to] = [freshAddress(), freshAddress()];
    const seen: string[] = [];
    const senders = new Set<string>();
    const receiver = open({
      onDatagram: (datagram, sender) => {
        seen.push(Buffer.from(datagram).toString());
        senders.add(Buffer.from(sender.subarray(0, from.length)).toString("hex"));
      },
    });
    receiver.bind(to);
    const sender = open();
    sender.bind(from);
    const words = Array.from({ length: 10 }, (_, index) => `datagram ${index}`);
    for (const word of words) expect(sender.send(Buffer.from(word), to)).toBe(word.length);
    receiver.start();
    await vi.waitUntil(() => seen.length === words.length, eventually);
    expect(seen).toEqual(words);
    expect([...senders]).toEqual([Buffer.from(from).toString("hex")]);
  });

  it("delivers nothing before start()", async () => {
    const to = freshAddress();
    let count = 0;
    const early = open({ onDatagram: () => count++ });
    early.bind(to);
    open().send(Uint8Array.of(1), to);
    const later = freshAddress();
    let isLaterSeen = false;
    const control = open({ onDatagram: () => (isLaterSeen = true) });
    control.bind(later);
    control.start();
    open().send(Uint8Array.of(1), later);
    await vi.waitUntil(() => isLaterSeen, eventually);
    expect(count).toBe(0);
    early.start();
    early.start();
    await vi.waitUntil(() => count === 1, eventually);
  });

  it("cuts a datagram that is longer than a slot, and tells its length", async () => {
    const to = freshAddress();
    const { promise, resolve } = Promise.withResolvers<[number, number]>();
    const receiver = open({ slotBytes: 8, onDatagram: (datagram, _, length) => resolve([datagram.length, length]) });
    receiver.bind(to);
    receiver.start();
    open().send(new Uint8Array(20), to);
    expect(await promise).toEqual([8, 20]);
  });

  it("receives an empty datagram", async () => {
    const to = freshAddress();
    const { promise, resolve } = Promise.withResolvers<number>();
    const receiver = open({ onDatagram: (datagram) => resolve(datagram.length) });
    receiver.bind(to);
    receiver.start();
    expect(open().send(new Uint8Array(0), to)).toBe(0);
    expect(await promise).toBe(0);
  });

  it("lets the rest of the event loop have its turn after four batches", async () => {
    const to = freshAddress();
    let count = 0;
    const { promise, resolve } = Promise.withResolvers<number>();
    const receiver = open({
      slots: 1,
      onDatagram: () => {
        if (count++ === 0) setImmediate(() => resolve(count));
      },
    });
    receiver.bind(to);
    for (let sent = 0; sent < 10; sent++) open().send(Uint8Array.of(sent), to);
    receiver.start();
    expect(await promise).toBe(4);
    await vi.waitUntil(() => count === 10, eventually);
  });

  it("delivers nothing more once the receiver has closed it, not even the rest of a batch", async () => {
    const to = freshAddress();
    let count = 0;
    const receiver = open({
      onDatagram: () => {
        count++;
        receiver.close();
      },
    });
    receiver.bind(to);
    const sender = open();
    for (let sent = 0; sent < 4; sent++) sender.send(Uint8Array.of(sent), to);
    receiver.start();
    await vi.waitUntil(() => count > 0, eventually);
    expect(count).toBe(1);
  });

  it("reports EFAULT and stops when its memory was taken away", async () => {
    const to = freshAddress();
    const errors: number[] = [];
    const receiver = open({
      slots: 1,
      onDatagram: (datagram) => void structuredClone(datagram.buffer, { transfer: [datagram.buffer as ArrayBuffer] }),
      onError: (errno) => errors.push(errno),
    });
    receiver.bind(to);
    receiver.start();
    const sender = open();
    sender.send(Uint8Array.of(1), to);
    sender.send(Uint8Array.of(2), to);
    await vi.waitUntil(() => {
      sender.send(Uint8Array.of(3), to);
      return errors.length > 0;
    });
    expect(errors).toEqual([EFAULT]);
  });

  it("writes and reads options as raw bytes", () => {
    const socket = open();
    socket.setOption(1, 8, Uint8Array.of(0, 0x40, 0, 0)); // SOL_SOCKET, SO_RCVBUF: the kernel doubles it
    expect([...socket.getOption(1, 8, 16)]).toEqual([0, 0x80, 0, 0]);
  });

  it.each<[string, (socket: DatagramSocket) => void, object]>([
    ["bind", (socket) => socket.bind(Uint8Array.of(9, 9, 9)), { syscall: "bind", code: "EINVAL", errno: -22 }],
    [
      "setsockopt",
      (socket) => socket.setOption(1, 9999, new Uint8Array(4)),
      { syscall: "setsockopt", code: "ENOPROTOOPT" },
    ],
    ["getsockopt", (socket) => socket.getOption(1, 9999, 4), { syscall: "getsockopt", code: "ENOPROTOOPT" }],
    ["empty filter", (socket) => socket.attachFilter(new Uint8Array(0)), { syscall: "setsockopt", code: "EINVAL" }],
    ["odd filter", (socket) => socket.attachFilter(new Uint8Array(9)), { code: "EINVAL" }],
    ["endless filter", (socket) => socket.attachFilter(new Uint8Array(8 * 4097)), { code: "EINVAL" }],
    [
      "looping filter",
      (socket) => socket.attachFilter(Uint8Array.of(5, 0, 0, 0, 255, 255, 255, 255)),
      { code: "EINVAL" },
    ],
  ])("throws what the kernel says: %s", (_name, act, expected) => {
    expect(() => act(open())).toThrow(expect.objectContaining(expected));
  });

  it("throws for a domain that there is not", () => {
    const expected = { message: "socket EAFNOSUPPORT", syscall: "socket", code: "EAFNOSUPPORT", errno: -97 };
    expect(() => open({ domain: 200 })).toThrow(expect.objectContaining(expected));
  });

  it("returns the negative errno of a failed send", () => {
    expect(open().send(Uint8Array.of(1), freshAddress())).toBe(-constants.errno.ECONNREFUSED);
    expect(open().send(Uint8Array.of(1))).toBe(-constants.errno.ENOTCONN);
  });

  it.each<[string, (socket: DatagramSocket) => unknown]>([
    ["setOption level", (socket) => socket.setOption(wrong("1"), 8, new Uint8Array(4))],
    ["setOption option", (socket) => socket.setOption(1, 1.5, new Uint8Array(4))],
    ["setOption value", (socket) => socket.setOption(1, 8, wrong([1, 2, 3, 4]))],
    ["getOption level", (socket) => socket.getOption(wrong(undefined), 8, 4)],
    ["getOption option", (socket) => socket.getOption(1, 2 ** 32, 4)],
    ["attachFilter", (socket) => socket.attachFilter(wrong(new Uint16Array(4)))],
    ["attachFilter of a DataView", (socket) => socket.attachFilter(wrong(new DataView(new ArrayBuffer(8))))],
    ["bind", (socket) => socket.bind(wrong("127.0.0.1"))],
    ["bind of null", (socket) => socket.bind(wrong(null))],
    ["send", (socket) => socket.send(wrong(new ArrayBuffer(8)))],
    ["send to a text", (socket) => socket.send(new Uint8Array(1), wrong("x"))],
    ["domain", () => open({ domain: wrong("AF_UNIX") })],
    ["type", () => open({ type: Number.NaN })],
    ["no slot", () => open({ slots: 0 })],
    ["more slots than the kernel takes", () => open({ slots: 1025 })],
    ["no room", () => open({ slotBytes: 0 })],
  ])("throws a TypeError for a wrong argument: %s", (_name, act) => {
    const socket = open();
    expect(() => act(socket)).toThrow(TypeError);
    expect(socket.send(Uint8Array.of(1))).toBe(-constants.errno.ENOTCONN); // still in order
  });

  it("says EBADF after close(), and a second close() does nothing", () => {
    const socket = open();
    socket.close();
    socket.close();
    expect(socket.send(Uint8Array.of(1))).toBe(-EBADF);
    const calls = [
      () => socket.bind(freshAddress()),
      () => socket.start(),
      () => socket.attachFilter(new Uint8Array(8)),
      () => socket.setOption(1, 8, new Uint8Array(4)),
      () => socket.getOption(1, 8, 4),
    ];
    for (const call of calls) expect(call).toThrow(expect.objectContaining({ code: "EBADF" }));
  });

  it("leaves no descriptor behind in 500 openings, started or not", async () => {
    const before = openFileCount();
    for (let cycle = 0; cycle < 500; cycle++) {
      using socket = new DatagramSocket({
        domain: AF_NETLINK,
        type: SOCK_RAW,
        protocol: 0,
        slots: 2,
        slotBytes: 64,
        onDatagram: () => {},
        onError: () => {},
      });
      if (cycle % 2 === 0) socket.start();
    }
    // They are closed on another thread.
    await vi.waitUntil(() => openFileCount() <= before, eventually);
  });

  it("leaves no descriptor behind where opening fails", () => {
    const before = openFileCount();
    for (let cycle = 0; cycle < 100; cycle++) expect(() => open({ slots: 5000 })).toThrow(TypeError);
    expect(openFileCount()).toBe(before);
  });
});

describe("the native functions", () => {
  const native = loadNative();

  /** Good arguments for open(), but for those given by their position. */
  function argumentsWith(change: Readonly<Record<number, unknown>>): Parameters<typeof native.open> {
    const buffers = [new Uint8Array(64), new Uint32Array(4), new Uint8Array(128)];
    const good = [AF_UNIX, SOCK_DGRAM, 0, 4, ...buffers, () => {}];
    return wrong(good.map((argument, position) => (position in change ? change[position] : argument)));
  }

  it.each([
    { name: "nothing", handle: undefined },
    { name: "a plain object", handle: {} },
    { name: "a number", handle: 7 },
  ])("refuse $name as a handle", ({ handle }) => {
    const calls = [
      () => native.setsockopt(wrong(handle), 1, 8, new Uint8Array(4)),
      () => native.getsockopt(wrong(handle), 1, 8, new Uint8Array(4)),
      () => native.attachFilter(wrong(handle), new Uint8Array(8)),
      () => native.bind(wrong(handle), new Uint8Array(8)),
      () => native.start(wrong(handle)),
      () => native.send(wrong(handle), new Uint8Array(8)),
      () => native.close(wrong(handle)),
    ];
    for (const call of calls) expect(call).toThrow(TypeError);
  });

  it("refuse an object that inherits from a handle", () => {
    const handle = native.open(...argumentsWith({}));
    expect(() => native.send(wrong(Object.create(handle)), new Uint8Array(8))).toThrow(TypeError);
    native.close(handle);
  });

  it.each([
    { name: "frames that do not divide by the slots", change: { 4: new Uint8Array(65) } },
    { name: "frames of another type", change: { 4: new Uint16Array(64) } },
    { name: "too few lengths", change: { 5: new Uint32Array(3) } },
    { name: "lengths of another type", change: { 5: new Int32Array(4) } },
    { name: "too little room for addresses", change: { 6: new Uint8Array(127) } },
    { name: "no function", change: { 7: {} } },
  ])("refuse to open with $name", ({ change }) => {
    expect(() => native.open(...argumentsWith(change))).toThrow(TypeError);
  });
});

describe("loadNative()", () => {
  it("says what to run when there is no compiled module", () => {
    expect(() => loadNative(["/nowhere/hawser.node"])).toThrow(/not built .*\/nowhere\/hawser\.node.* npm run hawser/);
  });

  it("says what to run when the file is no module", () => {
    expect(() => loadNative(["/proc/self/status"])).toThrow(/cannot load \/proc\/self\/status/);
  });
});

describe("a worker thread with open sockets", () => {
  async function startWorker(address: Uint8Array, isThrowing = false): Promise<Worker> {
    const worker = new Worker(new URL("./socket-worker.ts", import.meta.url), { workerData: { address, isThrowing } });
    await once(worker, "message");
    return worker;
  }

  it("can be ended 20 times in the middle of receiving, and leaves no descriptor behind", async () => {
    const sender = open();
    const endings: number[] = [];
    let before = 0;
    for (let round = 0; round < 20; round++) {
      const address = freshAddress();
      const worker = await startWorker(address);
      const received = once(worker, "message");
      for (let sent = 0; sent < 10; sent++) sender.send(Uint8Array.of(sent), address);
      await received;
      endings.push(await worker.terminate());
      if (round === 0) before = openFileCount(); // what the first worker makes the process open for good is no leak
    }
    expect(endings).toEqual(Array.from({ length: 20 }, () => 1));
    await vi.waitUntil(() => openFileCount() <= before, eventually);
  });

  it("hands on what the receiver throws as an uncaught exception", async () => {
    const address = freshAddress();
    const worker = await startWorker(address, true);
    const failed = once(worker, "error");
    open().send(Uint8Array.of(1), address);
    expect(await failed).toEqual([expect.objectContaining({ message: "thrown by the receiver" })]);
  });
});
