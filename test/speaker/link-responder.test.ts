import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { announcementFrames } from "#src/layer2/announcement-frames.ts";
import { anyArpFilter, arpClaimFilter, arpFilter, ndpFilter } from "#src/layer2/filter.ts";
import type { Link } from "#src/linux/link-watcher.ts";
import type { PacketSocket, PacketSocketOptions } from "#src/linux/packet-socket.ts";
import { printPlace } from "#src/model/problem-place.ts";
import type { Problem } from "#src/model/problem.ts";
import { encodeArp } from "#src/wire/arp.ts";
import { encodeEthernet } from "#src/wire/ethernet.ts";
import { BROADCAST_MAC, ZERO_MAC } from "#src/wire/mac.ts";
import { runFilter } from "#test/layer2/bpf-machine.ts";
import { Responders } from "#speaker/responders.ts";

function ipOf(text: string): Ip {
  return parseIp(text) ?? expect.fail(text);
}

const link: Link = {
  index: 7,
  name: "lan0",
  mac: Uint8Array.of(2, 0, 0, 0, 0, 1),
  up: true,
  broadcast: true,
  noArp: false,
  loopback: false,
  masterIndex: undefined,
  masterKind: undefined,
  kind: undefined,
  addresses: [{ ip: ipOf("192.0.2.1"), prefixLength: 24, scope: "global" }],
};
const links = new Map([[link.index, link]]);

function claimsOf(ips: readonly Ip[]): ReadonlyMap<string, { readonly ip: Ip }> {
  return new Map(ips.map((ip) => [printIp(ip), { ip }] as const));
}

const following = (count: number): readonly Ip[] =>
  Array.from({ length: count }, (_, last) => ({ family: "ipv4", value: 0xc0_00_02_00n + BigInt(last) }));
/** Longer than changes have to rest before the filter follows them. */
const CALM_MS = 1_500;

function refusal(code: string): Error {
  return Object.assign(new Error(`setsockopt ${code}`), { code });
}

const ARP = 0x0806;
const NDP = 0x86dd;

/** Requests for which addresses of 192.0.2.0/23 a filter lets pass. */
function passing(filter: Uint8Array): ReadonlySet<string> {
  const sender = { senderMac: link.mac, senderIp: ipOf("192.0.2.9"), targetMac: ZERO_MAC };
  const passes = (targetIp: Ip): boolean => {
    const payload = encodeArp({ operation: "request", ...sender, targetIp });
    const ends = { destination: BROADCAST_MAC, source: link.mac, etherType: ARP };
    return runFilter(filter, encodeEthernet({ ...ends, payload })).keeps > 0;
  };
  return new Set(following(512).filter(passes).map(printIp));
}

/** Those of the link's network, 192.0.2.0/24. */
function served(announced: ReadonlyMap<string, unknown>): ReadonlySet<string> {
  return new Set([...announced.keys()].filter((key) => key.startsWith("192.0.2.")));
}

/** Responders over sockets that hold what a test looks at, and refuse what it says. */
function respondersOn(refuse: { open?: (options: PacketSocketOptions) => boolean; filterBytes?: number } = {}) {
  const open = new Map<number, { filter: Uint8Array; filters: number; sent: Uint8Array[] }>();
  /** Joins and leaves of solicited-node groups, in order. */
  const groups: string[] = [];
  const said: { problems: readonly Problem[]; wide: string[] } = { problems: [], wide: [] };
  const responders = new Responders({
    interfaces: [],
    groups: {
      join: (name, ip) => void groups.push(`join ${name} ${printIp(ip)}`),
      leave: (name, ip) => void groups.push(`leave ${name} ${printIp(ip)}`),
    },
    openPacketSocket: (options): PacketSocket => {
      if (refuse.open?.(options) === true) throw refusal("EPERM");
      const socket = { filter: options.filter, filters: 0, sent: [] as Uint8Array[] };
      // That for claims takes few frames at once.
      const key = options.slots === undefined ? options.etherType : -options.etherType;
      open.set(key, socket);
      const close = (): void => {
        if (open.get(key) === socket) open.delete(key);
      };
      return {
        setFilter: (filter) => {
          if (filter.length > (refuse.filterBytes ?? Infinity)) throw refusal("ENOMEM");
          socket.filter = filter;
          socket.filters += 1;
        },
        send: (frame) => socket.sent.push(frame),
        readStats: () => ({ received: 0, dropped: 0 }),
        close,
        [Symbol.dispose]: close,
      };
    },
    answersPing: false,
    mayAnswerPing: () => false,
    onEcho: () => undefined,
    onReply: () => undefined,
    onDrop: () => undefined,
    onForeignClaim: () => undefined,
    onOwnerHeard: () => undefined,
    onNodeHeard: () => undefined,
    onUnopened: () => undefined,
    onError: () => undefined,
    onWideFilter: (name) => said.wide.push(name),
    onProblems: (problems) => (said.problems = problems),
  });
  return { responders, open, said, groups };
}

describe("Responders", () => {
  it("takes all ARP requests in where the kernel has no room for a filter with the addresses", () => {
    const { responders, open, said } = respondersOn({ filterBytes: 1_000 });
    responders.setLinks(links);
    responders.setAnnounced(claimsOf(following(200)));
    for (const nowMs of [0, CALM_MS]) responders.settle(nowMs);
    expect(open.get(ARP)?.filter).toEqual(anyArpFilter());
    expect(said.wide).toEqual(["lan0"]);
    const [one] = following(1);
    responders.setAnnounced(claimsOf([one!]));
    expect(open.get(ARP)?.filter).toEqual(arpFilter([one!]));
  });

  it("makes as many filters for a storm of 250 addresses as for one of 100, and is exact when it is over", () => {
    const [few, many] = [100, 250].map((count) => {
      const { responders, open } = respondersOn();
      responders.setLinks(links);
      for (const [index, ip] of following(count).entries()) {
        responders.setAnnounced(claimsOf(following(index + 1)), [printIp(ip)]);
        responders.settle(index);
      }
      expect(open.get(ARP)?.filter).toEqual(anyArpFilter());
      for (const nowMs of [count, count + CALM_MS]) responders.settle(nowMs);
      expect(open.get(ARP)?.filter).toEqual(arpFilter(following(count)));
      return open.get(ARP)?.filters;
    });
    expect(many).toBe(few);
  });

  it("lets all announced addresses pass at any moment, and no others once nothing changes", () => {
    const change = fc.record({
      from: fc.integer({ min: 0, max: 220 }),
      count: fc.integer({ min: 1, max: 100 }),
      isMore: fc.boolean(),
      isAll: fc.boolean(),
      waitMs: fc.constantFrom(0, 20, CALM_MS),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (changes) => {
        const { responders, open } = respondersOn();
        responders.setLinks(links);
        const announced = new Map<string, { readonly ip: Ip }>();
        let nowMs = 0;
        for (const { from, count, isMore, isAll, waitMs } of changes) {
          const changed = [...claimsOf(following(from + count).slice(from))];
          for (const [key, claim] of changed)
            if (isMore) announced.set(key, claim);
            else announced.delete(key);
          responders.setAnnounced(announced, isAll ? undefined : changed.map(([key]) => key));
          responders.settle((nowMs += waitMs));
          expect(passing(open.get(ARP)!.filter).isSupersetOf(served(announced))).toBe(true);
        }
        for (const waitMs of [20, CALM_MS]) responders.settle((nowMs += waitMs));
        expect(passing(open.get(ARP)!.filter)).toEqual(served(announced));
      }),
      { numRuns: 50 },
    );
  });

  it("answers for an address only on the interfaces that it is announced on, from the moment that these change", () => {
    const { responders, open } = respondersOn();
    responders.setLinks(links);
    const [one, two] = following(2);
    const on = (...interfaces: readonly string[]) =>
      new Map([
        [printIp(one!), { ip: one!, interfaces }],
        [printIp(two!), { ip: two! }],
      ]);
    const passes = (): ReadonlySet<string> => {
      for (const nowMs of [0, CALM_MS]) responders.settle(nowMs);
      return passing(open.get(ARP)!.filter);
    };
    responders.setAnnounced(on("lan9"));
    expect(passes()).toEqual(new Set([printIp(two!)]));
    responders.setAnnounced(on("lan9", "lan0"), [printIp(one!)]);
    expect(passes()).toEqual(new Set([printIp(one!), printIp(two!)]));
    responders.setAnnounced(on("lan9"), [printIp(one!)]);
    expect(passes()).toEqual(new Set([printIp(two!)]));
  });

  it("opens a link's filter for what is announced already", () => {
    const { responders, open } = respondersOn();
    const announced = claimsOf(following(3));
    responders.setAnnounced(announced);
    responders.setLinks(links);
    responders.setAnnounced(announced);
    expect(open.get(ARP)?.filter).toEqual(arpFilter(following(3)));
  });

  it("leaves no socket open on a link where only the second could not be opened", () => {
    const { responders, open, said } = respondersOn({ open: ({ etherType }) => etherType === 0x86dd });
    expect(responders.setLinks(links)).toBe(false);
    expect(open.size).toBe(0);
    expect(said.problems.map(({ at }) => printPlace(at))).toEqual(["interface lan0"]);
  });

  it("G hears claims to what is watched, on the links that serve it, whatever is announced", () => {
    const { responders, open } = respondersOn();
    responders.setLinks(links);
    const watched = claimsOf([...following(3), ipOf("198.51.100.1")]);
    responders.setWatched(watched);
    expect([open.get(ARP)?.filter, open.get(-ARP)?.filter]).toEqual([arpFilter([]), arpClaimFilter(following(3))]);
    // The kernel runs the filter of each open socket for each packet: none is open for a family without watched addresses.
    expect([...open.keys()].sort((left, right) => left - right)).toEqual([-ARP, ARP, NDP]);
    responders.setWatched(claimsOf(following(1)), [...watched.keys()]);
    expect(open.get(-ARP)?.filter).toEqual(arpClaimFilter(following(1)));
    responders.setWatched(new Map(), [...watched.keys()]);
    expect(open.has(-ARP)).toBe(false);
  });

  const vip6 = ipOf("2001:db8::c0:ffee");
  const lan6 = { ip: ipOf("2001:db8::1"), prefixLength: 64, scope: "global" } as const;
  const dual: Link = { ...link, addresses: [...link.addresses, lan6] };

  it("F joins the group of each announced IPv6 address on an interface that comes late", () => {
    const { responders, groups, open } = respondersOn();
    const announced = claimsOf([vip6, ...following(1)]);
    responders.setAnnounced(announced);
    responders.setLinks(new Map([[7, { ...dual, up: false }]]));
    responders.setAnnounced(announced);
    expect(groups).toEqual([]);
    expect(responders.setLinks(new Map([[7, dual]]))).toBe(true);
    responders.setAnnounced(announced);
    expect(groups).toEqual(["join lan0 2001:db8::c0:ffee"]);
    expect(open.get(NDP)?.filter).toEqual(ndpFilter([vip6]));
  });

  it.each([
    { name: "another MAC", changed: { ...dual, mac: Uint8Array.of(2, 0, 0, 0, 0, 9) } },
    {
      name: "one address more",
      changed: { ...dual, addresses: [...dual.addresses, { ...lan6, ip: ipOf("2001:db8::2") }] },
    },
  ])(
    "F an interface with $name is a member of its groups all the time, answers, and is announced with what it has now",
    ({ changed }) => {
      const { responders, groups, open } = respondersOn();
      responders.setLinks(new Map([[7, dual]]));
      responders.setAnnounced(claimsOf([vip6]));
      expect(responders.setLinks(new Map([[7, changed]]))).toBe(true);
      const [join, leave] = ["join lan0 2001:db8::c0:ffee", "leave lan0 2001:db8::c0:ffee"];
      expect(groups).toEqual([join, join, leave]);
      expect(open.size).toBe(2);
      expect(open.get(NDP)?.filter).toEqual(ndpFilter([vip6]));
      responders.announce(vip6);
      expect(open.get(NDP)?.sent).toEqual(announcementFrames(vip6, changed.mac));
    },
  );

  it("F an interface of another name is left by the old one, and joined by the new one", () => {
    const { responders, groups } = respondersOn();
    responders.setLinks(new Map([[7, dual]]));
    responders.setAnnounced(claimsOf([vip6]));
    responders.setLinks(new Map([[7, { ...dual, name: "uplink" }]]));
    expect(groups.slice(1)).toEqual(["join uplink 2001:db8::c0:ffee", "leave lan0 2001:db8::c0:ffee"]);
  });

  it("says what is missing when it may not open sockets, and opens them once it may", () => {
    let mayOpen = false;
    const { responders, open, said } = respondersOn({ open: () => !mayOpen });
    responders.setLinks(links);
    expect(said.problems[0]?.why).toContain("CAP_NET_RAW");
    expect(responders.retryFailed()).toBe(false);
    mayOpen = true;
    expect(responders.retryFailed()).toBe(true);
    expect(open.size).toBe(2);
    expect(said.problems).toEqual([]);
    expect(responders.retryFailed()).toBe(false);
  });

  it("tells each network once, however many links are in it", () => {
    const { responders } = respondersOn();
    responders.setLinks(new Map([7, 8, 9].map((index) => [index, { ...link, index, name: `lan${index}` }])));
    expect(responders.links()).toHaveLength(3);
    expect(responders.subnets()).toHaveLength(1);
  });
});
