import { describe, expect, it } from "vitest";
import { PACKET_BROADCAST, PACKET_HOST, PACKET_OTHERHOST, PACKET_OUTGOING } from "#src/linux/packet-socket.ts";
import { FakeLinkWatcher, fakeLink } from "./fake-link-watcher.ts";
import { fakePacketSockets } from "./fake-packet-socket.ts";

describe("FakePacketSocket keeps the rules of the real one", () => {
  function open() {
    const seen: [Uint8Array, number][] = [];
    const errors: number[] = [];
    const { open, sockets } = fakePacketSockets();
    const socket = open({
      interfaceIndex: 2,
      etherType: 0x0806,
      filter: new Uint8Array(8),
      onFrame: (frame, packetType) => seen.push([frame, packetType]),
      onError: (errno) => errors.push(errno),
    });
    const fake = sockets[0];
    if (fake === undefined) throw new Error("not opened");
    return { socket, fake, seen, errors };
  }

  it("delivers frames for us and for all, not our own and not other hosts'", () => {
    const { fake, seen, socket } = open();
    const frame = Uint8Array.of(1, 2, 3);
    for (const type of [PACKET_HOST, PACKET_BROADCAST, PACKET_OTHERHOST, PACKET_OUTGOING]) fake.receive(frame, type);
    expect(seen).toEqual([
      [frame, PACKET_HOST],
      [frame, PACKET_BROADCAST],
    ]);
    expect(socket.readStats()).toEqual({ received: 4, dropped: 0 });
    expect(socket.readStats()).toEqual({ received: 0, dropped: 0 });
  });

  it("keeps copies of what is sent, and fails when told to", () => {
    const { fake, socket } = open();
    const frame = Uint8Array.of(1, 2, 3);
    expect(socket.send(frame)).toBe(3);
    frame[0] = 9;
    fake.sendErrno = 100;
    expect(socket.send(frame)).toBe(-100);
    expect(fake.sent).toEqual([Uint8Array.of(1, 2, 3)]);
  });

  it("is silent after close()", () => {
    const { fake, socket, seen, errors } = open();
    socket.close();
    fake.receive(Uint8Array.of(1));
    fake.fail(100);
    expect(socket.send(Uint8Array.of(1))).toBe(-9);
    expect([seen, errors]).toEqual([[], []]);
  });
});

describe("FakeLinkWatcher", () => {
  it("tells of changes until it is closed", () => {
    const seen: string[][] = [];
    const watcher = new FakeLinkWatcher({
      onChange: (links) => seen.push([...links.values()].map(({ name }) => name)),
    });
    watcher.setLinks([fakeLink(), fakeLink({ index: 3 })]);
    expect(watcher.links().get(3)?.name).toBe("eth1");
    watcher.close();
    watcher.setLinks([]);
    expect(seen).toEqual([["eth0", "eth1"]]);
  });
});
