import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import { FrameCapture } from "#speaker/frame-capture.ts";
import { captureFilter } from "#src/layer2/capture-filter.ts";
import type { Link } from "#src/linux/link.ts";
import { PACKET_BROADCAST, PACKET_HOST, PACKET_OUTGOING } from "#src/linux/packet-socket.ts";
import { type CaptureReport, MAX_CAPTURED_BYTES, MAX_CAPTURED_LINKS } from "#src/model/capture-report.ts";
import { advertisement, arpFrame, ipOf, nodeMac, solicitation } from "#test/layer2/neighbor-frames.ts";
import { fakeLink } from "#test/support/fake-link-watcher.ts";
import { fakePacketSockets } from "#test/support/fake-packet-socket.ts";

const VIP = "192.0.2.200";
const VIP6 = "2001:db8::c0:ffee";
const request = arpFrame("request", { from: "192.0.2.1", to: VIP });
const reply = arpFrame("reply", { from: VIP, to: "192.0.2.1", mac: nodeMac });

function order(address = VIP, asked = "first") {
  return { kind: "capture", asked, address, forMs: 10_000 } as const;
}

function world(links: Link[] = [fakeLink(), fakeLink({ index: 3, name: "lan" })]) {
  const { open, sockets } = fakePacketSockets();
  const reports: CaptureReport[] = [];
  let atNs = 100n;
  const refused = new Set<string>();
  const capture = new FrameCapture({
    node: "n1",
    links: () => links,
    openPacketSocket: (options) => {
      const name = links.find(({ index }) => index === options.interfaceIndex)?.name ?? "";
      if (refused.has(name)) throw new Error("EPERM");
      return open(options);
    },
    startWallClock: () => () => atNs++,
    onEnd: (report) => void reports.push(report),
  });
  return { capture, sockets, reports, refused };
}

describe("FrameCapture", () => {
  it("J says after its time what came in and went out on each link, and closes its sockets", () => {
    const { capture, sockets, reports } = world();
    capture.start(order(), 1_000);
    const [eth0, lan] = sockets;
    lan?.receive(request, PACKET_BROADCAST);
    // With padding, as it comes from the wire.
    eth0?.receive(Uint8Array.of(...request, ...new Uint8Array(18).fill(0xaa)), PACKET_BROADCAST);
    eth0?.receive(reply, PACKET_OUTGOING);
    capture.tick(10_999);
    expect(reports).toEqual([]);
    capture.tick(11_000);
    capture.tick(11_010);
    expect(reports).toEqual([
      {
        node: "n1",
        asked: "first",
        why: "",
        interfaces: [
          { name: "eth0", mac: "02:00:00:00:00:02" },
          { name: "lan", mac: "02:00:00:00:00:03" },
        ],
        frames: [
          { atNs: 100n, interfaceIndex: 1, isSent: false, bytes: request },
          { atNs: 101n, interfaceIndex: 0, isSent: false, bytes: request },
          { atNs: 102n, interfaceIndex: 0, isSent: true, bytes: reply },
        ],
        isCut: false,
      },
    ]);
    expect(sockets.map(({ isClosed }) => isClosed)).toEqual([true, true]);
    eth0?.receive(request);
    expect(reports[0]?.frames).toHaveLength(3);
  });

  it("J lets nothing but ARP and NDP about the address out, also where the kernel's filter let it through", () => {
    const { capture, sockets, reports } = world([fakeLink()]);
    capture.start(order(), 0);
    const others = [
      arpFrame("request", { from: "192.0.2.1", to: "192.0.2.201" }),
      solicitation(VIP6),
      request.with(13, 0x00),
      request.subarray(0, 41),
    ];
    for (const frame of others) sockets[0]?.receive(frame, PACKET_HOST);
    capture.tick(10_000);
    expect(reports[0]?.frames).toEqual([]);
  });

  it("J asks for the solicited-node group of an IPv6 address, and has a filter for the address on all protocols", () => {
    const { capture, sockets } = world([fakeLink()]);
    capture.start(order(VIP6), 0);
    expect(sockets[0]?.options).toMatchObject({
      etherType: 3,
      hearsSent: true,
      filter: captureFilter(ipOf(VIP6)),
      groupMac: Uint8Array.of(0x33, 0x33, 0xff, 0xc0, 0xff, 0xee),
    });
  });

  it("J ends when there is no room for more: a flood costs no more than a capture", () => {
    const { capture, sockets, reports } = world([fakeLink()]);
    capture.start(order(VIP6), 0);
    for (let count = 0; count < 10_000; count++) sockets[0]?.receive(advertisement(VIP6), PACKET_HOST);
    expect(sockets[0]?.isClosed).toBe(true);
    const [report, ...more] = reports;
    expect([report?.isCut, more]).toEqual([true, []]);
    const bytes = report?.frames.reduce((sum, frame) => sum + frame.bytes.length, 0) ?? 0;
    expect(bytes).toBeLessThanOrEqual(MAX_CAPTURED_BYTES);
    expect(bytes).toBeGreaterThan(MAX_CAPTURED_BYTES - 100);
  });

  it("J ends where what comes is malformed all the time, and says how many frames were lost", () => {
    const { capture, sockets, reports } = world([fakeLink()]);
    capture.start(order(), 0);
    sockets[0]?.receive(request);
    sockets[0]?.drop(7);
    for (let count = 0; count < 10_000; count++) sockets[0]?.receive(request.with(14, 0xff));
    expect(sockets[0]?.isClosed).toBe(true);
    expect(reports).toMatchObject([
      { isCut: true, frames: [{ bytes: request }], why: expect.stringContaining("7 more") },
    ]);
  });

  it("J hears one address at a time, and says nothing of a capture that was taken back", () => {
    const { capture, sockets, reports } = world([fakeLink()]);
    capture.start(order(), 0);
    capture.start(order(VIP6, "second"), 5_000);
    expect(sockets.map(({ isClosed }) => isClosed)).toEqual([true, false]);
    capture.tick(10_000);
    expect(reports).toEqual([]);
    capture.stop();
    capture.tick(20_000);
    expect([reports, sockets.map(({ isClosed }) => isClosed)]).toEqual([[], [true, true]]);
  });

  it("J says on which link it could not listen, and ends at once where there is none", () => {
    const some = world();
    some.refused.add("lan");
    some.capture.start(order(), 0);
    some.sockets[0]?.receive(request);
    some.capture.tick(10_000);
    expect(some.reports).toMatchObject([{ why: "lan: EPERM", frames: [{ interfaceIndex: 0 }] }]);
    const none = world([]);
    none.capture.start(order(), 0);
    expect(none.reports).toMatchObject([{ why: "its speaker uses no interface", frames: [] }]);
  });

  it("J says on which link frames may be missing because it went down", () => {
    const { capture, sockets, reports } = world();
    capture.start(order(), 0);
    sockets[1]?.fail(constants.errno.ENETDOWN);
    sockets[1]?.fail(constants.errno.ENETDOWN);
    sockets[1]?.receive(request);
    capture.tick(10_000);
    expect(reports).toMatchObject([
      { why: "lan: frames may be missing (ENETDOWN)", frames: [{ interfaceIndex: 1 }], isCut: false },
    ]);
  });

  it("J listens on a link that comes, or is made again, while it runs", () => {
    const links = [fakeLink()];
    const { capture, sockets, reports, refused } = world(links);
    capture.start(order(), 0);
    capture.tick(10);
    links.splice(0, 1, fakeLink({ index: 7, name: "eth0" }), fakeLink({ index: 8, name: "lan" }));
    refused.add("lan");
    capture.tick(20);
    capture.tick(30);
    expect(sockets.map(({ options }) => options.interfaceIndex)).toEqual([2, 7]);
    sockets[1]?.receive(request);
    capture.tick(10_000);
    expect(reports).toMatchObject([
      {
        why: "lan: EPERM",
        interfaces: [{ name: "eth0" }, { name: "eth0" }, { name: "lan" }],
        frames: [{ interfaceIndex: 1 }],
      },
    ]);
    expect(sockets.map(({ isClosed }) => isClosed)).toEqual([true, true]);
  });

  it("J stays bounded where links come and go all the time", () => {
    const links = [fakeLink()];
    const { capture, sockets, reports, refused } = world(links);
    capture.start(order(), 0);
    for (let index = 3; index < 100; index++) {
      links.splice(0, 1, fakeLink({ index, name: `veth${index}` }));
      refused.add(`veth${index}`);
      capture.tick(index);
    }
    for (let errno = 1; errno < 100; errno++) sockets[0]?.fail(errno);
    capture.tick(10_000);
    expect(reports[0]?.interfaces).toHaveLength(MAX_CAPTURED_LINKS);
    expect(reports[0]?.why.split("; ")).toHaveLength(20);
  });

  it("J listens on a bounded number of links", () => {
    const links = Array.from({ length: 30 }, (_, index) => fakeLink({ index: index + 2 }));
    const { capture, sockets, reports } = world(links);
    capture.start(order(), 0);
    capture.tick(1);
    expect(sockets).toHaveLength(MAX_CAPTURED_LINKS);
    capture.tick(10_000);
    expect(reports).toMatchObject([{ why: "it listened on 16 interfaces, and uses more" }]);
  });
});
