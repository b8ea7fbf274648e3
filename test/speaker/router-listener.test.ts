import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import type { Family } from "#src/ip/address.ts";
import type { VirtualRouter } from "#src/layer2/read-virtual-router.ts";
import type { Link } from "#src/linux/link.ts";
import { printMac } from "#src/wire/mac.ts";
import { RouterListener, type RouterOutcome } from "#speaker/router-listener.ts";
import { runFilter } from "#test/layer2/bpf-machine.ts";
import { ipv4Router, RECORDED } from "#test/layer2/virtual-router-frames.ts";
import { fakeLink } from "#test/support/fake-link-watcher.ts";
import { type FakePacketSocket, fakePacketSockets } from "#test/support/fake-packet-socket.ts";
import { hex } from "#test/wire/hex.ts";

const BOTH: ReadonlySet<Family> = new Set(["ipv4", "ipv6"]);
const NONE: ReadonlySet<Family> = new Set();

/** A listener with sockets that a test plays the kernel for. */
function start(links: Link[] = [fakeLink({})]) {
  const { open, sockets } = fakePacketSockets();
  const outcomes: Record<RouterOutcome, number> = { vrrp: 0, carp: 0, refused: 0, limited: 0 };
  const routers: VirtualRouter[] = [];
  const unopened: string[] = [];
  const refusal = { errno: 0 };
  const listener = new RouterListener({
    links: () => links,
    openPacketSocket: (options) => {
      if (refusal.errno !== 0) throw new Error("refused");
      return open(options);
    },
    onRouter: (router) => void routers.push(router),
    onOutcome: (outcome, count) => (outcomes[outcome] += count),
    onError: (errno) => expect.fail(`errno ${errno}`),
    onUnopened: (name) => void unopened.push(name),
  });
  const opened = (): readonly FakePacketSocket[] => sockets.filter(({ isClosed }) => !isClosed);
  /** The frame comes in, as far as the kernel's filter lets it pass. */
  const receive = (frame: Uint8Array): void => {
    for (const socket of opened()) {
      const isOf = socket.options.etherType === (((frame[12] ?? 0) << 8) | (frame[13] ?? 0));
      if (isOf && runFilter(socket.filter, frame, { packetType: 2 }).keeps > 0) socket.receive(frame, 2);
    }
  };
  return { listener, outcomes, routers, unopened, refusal, opened, receive };
}

describe("RouterListener", () => {
  it("has a socket of each link and family while there are addresses of the family, with the group of VRRP", () => {
    const links = [fakeLink({})];
    const { listener, opened } = start(links);
    const seen = () =>
      opened().map(({ options }) => `${options.interfaceIndex} ${printMac(options.groupMac ?? new Uint8Array())}`);
    listener.tick(NONE);
    expect(seen()).toEqual([]);
    listener.tick(BOTH);
    expect(seen()).toEqual(["2 01:00:5e:00:00:12", "2 33:33:00:00:00:12"]);
    listener.tick(BOTH);
    links.push(fakeLink({ index: 7, name: "eth1" }));
    listener.tick(new Set(["ipv4"]));
    expect(seen()).toEqual(["2 01:00:5e:00:00:12", "7 01:00:5e:00:00:12"]);
    links.shift();
    listener.tick(new Set(["ipv4"]));
    expect(seen()).toEqual(["7 01:00:5e:00:00:12"]);
    listener.close();
    expect(seen()).toEqual([]);
  });

  it("opens one again where the link has another MAC, which its own frames come from", () => {
    const links = [fakeLink({})];
    const { listener, routers, receive } = start(links);
    listener.tick(BOTH);
    links[0] = fakeLink({ mac: hex("020000000001") });
    listener.tick(BOTH);
    receive(RECORDED.version2);
    expect(routers).toEqual([]);
  });

  it("says what it heard, and counts it", () => {
    const { listener, routers, outcomes, receive } = start();
    listener.tick(BOTH);
    for (const frame of Object.values(RECORDED)) receive(frame);
    receive(ipv4Router(hex("31 33 96 01 0032 0000 c00002c8")));
    expect(routers.map(({ protocol, id }) => `${protocol} ${id}`)).toEqual([
      ...Array.from({ length: 4 }, () => "vrrp 51"),
      "carp 51",
    ]);
    expect(outcomes).toEqual({ vrrp: 4, carp: 1, refused: 1, limited: 0 });
  });

  it("looks at 32 frames of a flood between two ticks, and lets the kernel drop the rest", () => {
    const { listener, routers, outcomes, opened, receive } = start();
    listener.tick(BOTH);
    for (let second = 1; second <= 3; second++) {
      for (let count = 0; count < 10_000; count++) receive(RECORDED.version3);
      // Those of the other family are not affected.
      receive(RECORDED.ipv6);
      listener.tick(BOTH);
    }
    expect(routers).toHaveLength(99);
    expect(outcomes).toEqual({ vrrp: 99, carp: 0, refused: 0, limited: 3 });
    receive(RECORDED.version3);
    opened()[0]?.drop(17);
    listener.tick(BOTH);
    expect(outcomes).toEqual({ vrrp: 100, carp: 0, refused: 0, limited: 20 });
  });

  it("tries again at each tick what the kernel does not open", () => {
    const { listener, unopened, refusal, opened } = start();
    refusal.errno = constants.errno.EPERM;
    listener.tick(new Set(["ipv4"]));
    expect([opened().length, unopened]).toEqual([0, ["eth0"]]);
    refusal.errno = 0;
    listener.tick(new Set(["ipv4"]));
    expect([opened().length, unopened]).toEqual([1, ["eth0"]]);
  });
});
