import { describe, expect, it } from "vitest";
import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { encodeEthernet } from "#src/wire/ethernet.ts";
import { encodeIcmp } from "#src/wire/icmp.ts";
import { encodeIpv4 } from "#src/wire/ipv4.ts";
import { EchoAnswers, type EchoOutcome } from "#speaker/echo-answers.ts";
import { runFilter } from "#test/layer2/bpf-machine.ts";
import { fakeLink } from "#test/support/fake-link-watcher.ts";
import { type FakePacketSocket, fakePacketSockets } from "#test/support/fake-packet-socket.ts";
import { hex } from "#test/wire/hex.ts";

const ipOf = (text: string): Ip => parseIp(text) ?? expect.fail(text);
const VIP = ipOf("192.0.2.200");
const VIP6 = ipOf("2001:db8::c0:ffee");
const link = fakeLink({ addresses: [{ ip: ipOf("192.0.2.11"), prefixLength: 24, scope: "global" }] });
const IPV4 = 0x0800;
const IPV6 = 0x86dd;

function request(destination: Ip, source = "192.0.2.1", timeToLive = 64): Uint8Array {
  const payload = encodeIpv4({
    typeOfService: 0,
    identification: 7,
    dontFragment: true,
    timeToLive,
    protocol: 1,
    source: ipOf(source),
    destination,
    payload: encodeIcmp({ type: 8, code: 0, body: hex("1a2b0001 70696e67") }),
  });
  return encodeEthernet({ destination: link.mac, source: hex("02420a000001"), etherType: IPV4, payload });
}

/** A link with sockets that a test plays the kernel for. */
function start() {
  const { open, sockets } = fakePacketSockets();
  const outcomes: Record<EchoOutcome, number> = { answered: 0, limited: 0, refused: 0 };
  const held = new Set<string>();
  const echoes = new EchoAnswers({
    link,
    openPacketSocket: open,
    mayAnswerPing: (ip) => !held.has(printIp(ip)),
    onEcho: (outcome, count) => (outcomes[outcome] += count),
    onError: (errno) => expect.fail(`errno ${errno}`),
    onUnopened: (error) => expect.fail(error.message),
    onWideFilter: (error) => expect.fail(error.message),
  });
  const socketOf = (etherType: number): FakePacketSocket | undefined =>
    sockets.find((socket) => socket.options.etherType === etherType && !socket.isClosed);
  /** The frame comes in, as far as the kernel's filter lets it pass. */
  const receive = (frame: Uint8Array): void => {
    const socket = socketOf(IPV4);
    if (socket !== undefined && runFilter(socket.filter, frame, { packetType: 0 }).keeps > 0) socket.receive(frame);
  };
  return { echoes, outcomes, held, receive, socketOf, sent: () => sockets.flatMap(({ sent }) => sent) };
}

describe("EchoAnswers", () => {
  it("has a socket of a family only while there are addresses of it", () => {
    const { echoes, socketOf } = start();
    const open = () => [IPV4, IPV6].map((etherType) => socketOf(etherType) !== undefined);
    expect(open()).toEqual([false, false]);
    echoes.change({ added: [VIP], removed: [] });
    expect(open()).toEqual([true, false]);
    echoes.change({ added: [VIP6], removed: [VIP] });
    expect(open()).toEqual([false, true]);
    echoes.close();
    expect(open()).toEqual([false, false]);
  });

  it("answers for an address from when it is added until it is removed", () => {
    const { echoes, outcomes, receive, sent } = start();
    echoes.settle(0);
    receive(request(VIP));
    echoes.change({ added: [VIP, ipOf("192.0.2.201")], removed: [] });
    receive(request(VIP));
    echoes.change({ added: [], removed: [VIP] });
    receive(request(VIP));
    expect(sent()).toHaveLength(1);
    expect(outcomes).toEqual({ answered: 1, limited: 0, refused: 0 });
  });

  it("does not answer a request that waited while the address was withdrawn", () => {
    const { echoes, outcomes, socketOf } = start();
    echoes.settle(0);
    echoes.change({ added: [VIP, ipOf("192.0.2.201")], removed: [] });
    echoes.change({ added: [], removed: [VIP] });
    socketOf(IPV4)?.receive(request(VIP));
    expect(outcomes).toEqual({ answered: 0, limited: 0, refused: 1 });
  });

  it("answers a request that goes in circles between two nodes once", () => {
    const { echoes, outcomes, receive } = start();
    echoes.settle(0);
    echoes.change({ added: [VIP], removed: [] });
    for (let hops = 64; hops > 0; hops -= 2) receive(request(VIP, "192.0.2.1", hops));
    expect(outcomes).toEqual({ answered: 1, limited: 0, refused: 31 });
  });

  it("leaves it to the kernel where the node has the address on an interface", () => {
    const { echoes, outcomes, held, receive, sent } = start();
    echoes.settle(0);
    echoes.change({ added: [VIP], removed: [] });
    held.add("192.0.2.200");
    receive(request(VIP));
    expect(sent()).toEqual([]);
    held.clear();
    receive(request(VIP));
    expect(outcomes).toEqual({ answered: 1, limited: 0, refused: 1 });
  });

  it.each(["192.0.2.255", "224.0.0.1", "0.0.0.0"])("refuses %s as a source, which is no single machine", (source) => {
    const { echoes, outcomes, receive } = start();
    echoes.settle(0);
    echoes.change({ added: [VIP], removed: [] });
    receive(request(VIP, source));
    expect(outcomes).toEqual({ answered: 0, limited: 0, refused: 1 });
  });

  it("answers 200 of a flood at once and 1,000 a second, and lets the kernel drop the rest", () => {
    const { echoes, outcomes, receive, sent } = start();
    const asked = request(VIP);
    echoes.change({ added: [VIP], removed: [] });
    for (let nowMs = 0; nowMs < 2_000; nowMs += 10) {
      echoes.settle(nowMs);
      for (let count = 0; count < 100; count++) receive(asked);
    }
    // 20,000 requests came: the program has seen one more than it answered each time before the filter was shut.
    expect(sent().length).toBe(outcomes.answered);
    expect(outcomes.answered).toBeGreaterThan(1_900);
    expect(outcomes.answered).toBeLessThanOrEqual(200 + 2_000);
    expect(outcomes.limited).toBeLessThanOrEqual(21);
    echoes.settle(2_200);
    receive(request(VIP));
    expect(sent().length).toBe(outcomes.answered);
  });

  it("counts what the kernel had no room for as limited", () => {
    const { echoes, outcomes, receive, socketOf } = start();
    echoes.settle(0);
    echoes.change({ added: [VIP], removed: [] });
    receive(request(VIP));
    socketOf(IPV4)?.drop(17);
    echoes.settle(10);
    expect(outcomes).toEqual({ answered: 1, limited: 17, refused: 0 });
  });

  it("stays shut while addresses change in a flood, and then answers for those there are", () => {
    const { echoes, outcomes, receive } = start();
    const other = ipOf("192.0.2.201");
    echoes.settle(0);
    echoes.change({ added: [VIP], removed: [] });
    for (let count = 0; count < 1_000; count++) receive(request(VIP));
    expect(outcomes).toEqual({ answered: 200, limited: 1, refused: 0 });
    echoes.change({ added: [other], removed: [VIP] });
    for (const ip of [VIP, other]) receive(request(ip));
    echoes.settle(50);
    for (const ip of [VIP, other]) receive(request(ip));
    expect(outcomes).toEqual({ answered: 200, limited: 1, refused: 0 });
    echoes.settle(100);
    for (const ip of [VIP, other]) receive(request(ip));
    expect(outcomes).toEqual({ answered: 201, limited: 1, refused: 0 });
  });

  it("stays shut where the socket is opened anew in a flood", () => {
    const { echoes, outcomes, receive } = start();
    echoes.settle(0);
    echoes.change({ added: [VIP], removed: [] });
    for (let count = 0; count < 300; count++) receive(request(VIP));
    echoes.change({ added: [], removed: [VIP] });
    echoes.change({ added: [VIP], removed: [] });
    receive(request(VIP));
    expect(outcomes).toEqual({ answered: 200, limited: 1, refused: 0 });
    echoes.settle(100);
    receive(request(VIP));
    expect(outcomes).toEqual({ answered: 201, limited: 1, refused: 0 });
  });

  it("refuses what its filter lets pass while many addresses change, and answers all of them", () => {
    const { echoes, outcomes, receive } = start();
    echoes.settle(0);
    const many = Array.from({ length: 100 }, (_, last) => ipOf(`192.0.2.${100 + last}`));
    echoes.change({ added: many, removed: [] });
    for (const ip of many) receive(request(ip));
    receive(request(ipOf("192.0.2.11")));
    expect(outcomes).toEqual({ answered: 100, limited: 0, refused: 1 });
  });
});
