import { describe, expect, it } from "vitest";
import { NodeQuestions } from "#speaker/node-questions.ts";
import { Responders } from "#speaker/responders.ts";
import { type Ip, parseIp } from "#src/ip/address.ts";
import { decodeArp } from "#src/wire/arp.ts";
import { encodeArp } from "#src/wire/arp.ts";
import { decodeEthernet, encodeEthernet, ETHER_TYPE_ARP } from "#src/wire/ethernet.ts";
import { parseMac, printMac } from "#src/wire/mac.ts";
import { fakeLink } from "#test/support/fake-link-watcher.ts";
import { fakePacketSockets } from "#test/support/fake-packet-socket.ts";
import { hex } from "#test/wire/hex.ts";

const MAC = "02:00:00:00:00:22";
const member = { node: "n2", address: "192.0.2.12", family: "ipv4", macs: [MAC] } as const;

function ipOf(text: string): Ip {
  return parseIp(text) ?? expect.fail(text);
}

/** A node with these addresses on eth0, whose questions and answers a test looks at. */
function asking(
  ...own: readonly { readonly ip: string; readonly prefixLength: number; readonly scope: "global" | "link" }[]
) {
  const { open, sockets } = fakePacketSockets();
  const [answered, ports]: [string[], string[]] = [[], []];
  const nothing = (): void => undefined;
  const responders = new Responders({
    interfaces: [],
    groups: { join: nothing, leave: nothing },
    openPacketSocket: open,
    answersPing: false,
    mayAnswerPing: () => false,
    onEcho: () => undefined,
    onReply: nothing,
    onDrop: nothing,
    onForeignClaim: nothing,
    onOwnerHeard: nothing,
    onNodeHeard: (ip, mac) => questions.hear(ip, mac),
    onError: nothing,
    onWideFilter: nothing,
    onUnopened: nothing,
    onProblems: nothing,
  });
  const questions = new NodeQuestions({
    responders,
    ports: { ask: ({ node }) => void ports.push(node) },
    nodeOf: (mac) => (mac === MAC ? "n2" : undefined),
    onAnswer: (node) => answered.push(node),
  });
  const link = fakeLink({ addresses: own.map((one) => ({ ...one, ip: ipOf(one.ip) })) });
  responders.setLinks(new Map([[link.index, link]]));
  const sent = (): readonly Uint8Array[] => sockets.flatMap((socket) => socket.sent);
  /** A host says by ARP that it has an address. */
  const hear = (ip: string, mac: string): void => {
    const senderMac = parseMac(mac) ?? expect.fail();
    const ends = { senderMac, senderIp: ipOf(ip), targetMac: link.mac, targetIp: ipOf("192.0.2.11") };
    const payload = encodeArp({ operation: "reply", ...ends });
    const frame = encodeEthernet({ destination: link.mac, source: senderMac, etherType: ETHER_TYPE_ARP, payload });
    for (const socket of sockets) if (socket.options.etherType === ETHER_TYPE_ARP) socket.receive(frame);
  };
  return { questions, responders, link, sent, hear, answered, ports };
}

const lan4 = { ip: "192.0.2.11", prefixLength: 24, scope: "global" } as const;
const linkLocal = { ip: "fe80::11", prefixLength: 64, scope: "link" } as const;
const lan6 = { ip: "2001:db8::11", prefixLength: 64, scope: "global" } as const;

describe("NodeQuestions", () => {
  it("asks by a unicast ARP request from its own address, twice, and hears the answer of that node alone", () => {
    const one = asking(lan4);
    expect(one.questions.ask(member, "check")).toBe(true);
    expect(one.sent()).toHaveLength(2);
    const frame = decodeEthernet(one.sent()[0] ?? expect.fail()) ?? expect.fail();
    expect(printMac(frame.destination)).toBe(MAC);
    const arp = decodeArp(frame.payload) ?? expect.fail();
    expect(arp).toMatchObject({ operation: "request", senderIp: ipOf("192.0.2.11"), targetIp: ipOf("192.0.2.12") });
    one.hear("192.0.2.12", "02:00:00:00:00:77");
    one.hear("192.0.2.13", MAC);
    expect(one.answered).toEqual([]);
    one.hear("192.0.2.12", MAC);
    expect(one.answered).toEqual(["n2"]);
  });

  it("asks a node of IPv6 alone by a unicast neighbor solicitation from the link-local address", () => {
    const one = asking(lan6, linkLocal);
    expect(one.questions.ask({ ...member, address: "2001:db8::12", family: "ipv6" }, "check")).toBe(true);
    // To 2001:db8::12, hop limit 255, ICMPv6 type 135, its source link-layer option at the end.
    const ends = "fe800000000000000000000000000011 20010db8000000000000000000000012";
    const ethernet = `${MAC} ${printMac(one.link.mac)} 86dd`.replaceAll(":", "");
    const [frame] = one.sent();
    expect(frame?.subarray(0, 54)).toEqual(hex(`${ethernet} 60000000 0020 3a ff ${ends}`));
    expect(frame?.[54]).toBe(135);
    expect(frame?.subarray(62)).toEqual(
      hex(`20010db8000000000000000000000012 0101 ${printMac(one.link.mac).replaceAll(":", "")}`),
    );
  });

  it("asks by ARP alone where it can", () => {
    const one = asking(lan4, lan6, linkLocal);
    const hops = ["2001:db8::12", "192.0.2.12"];
    expect(one.questions.ask({ ...member, hops }, "check")).toBe(true);
    expect(new Set(one.sent().map((frame) => decodeEthernet(frame)?.etherType))).toEqual(new Set([ETHER_TYPE_ARP]));
  });

  it.each([
    { what: "in another network", other: { ...member, address: "198.51.100.12" } },
    { what: "whose Ethernet address is not known", other: { ...member, macs: [] } },
    { what: "of IPv6, without a link-local address here", other: { ...member, address: "2001:db8::12" } },
    { what: "whose record is nonsense", other: { ...member, address: "n2", macs: ["nonsense"], hops: ["", "x"] } },
  ])("cannot ask a node $what", ({ other }) => {
    const one = asking(lan4, lan6);
    expect(one.questions.ask(other, "check")).toBe(false);
    expect(one.sent()).toEqual([]);
  });

  it("asks for the port of a suspect alone", () => {
    const one = asking(lan4);
    one.questions.ask(member, "check");
    expect(one.ports).toEqual([]);
    one.questions.ask(member, "death");
    expect(one.ports).toEqual(["n2"]);
    const frames = one.sent().length;
    one.questions.ask(member, "port");
    expect(one.ports).toEqual(["n2", "n2"]);
    expect(one.sent()).toHaveLength(frames);
  });

  it("sends a bounded number of frames for a node that names thousands of addresses", () => {
    const one = asking(lan4);
    const hops = Array.from({ length: 250 }, (_, index) => `192.0.2.${index + 1}`);
    const macs = hops.map((_, index) => `02:00:00:00:01:${index.toString(16).padStart(2, "0")}`);
    expect(one.questions.ask({ ...member, macs, hops }, "check")).toBe(true);
    expect(one.sent().length).toBeLessThanOrEqual(32);
  });

  it("goes on hearing answers where the link got another address", () => {
    const one = asking(lan4);
    one.questions.ask(member, "check");
    const other = { ...one.link, addresses: [{ ...lan4, ip: ipOf("192.0.2.99") }] };
    one.responders.setLinks(new Map([[other.index, other]]));
    one.hear("192.0.2.12", MAC);
    expect(one.answered).toContain("n2");
  });
});
