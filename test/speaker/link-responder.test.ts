import { describe, expect, it } from "vitest";
import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { arpFilter, anyArpFilter } from "#src/layer2/filter.ts";
import { GroupMembership } from "#src/linux/group-membership.ts";
import type { Link } from "#src/linux/link-watcher.ts";
import type { PacketSocket, PacketSocketOptions } from "#src/linux/packet-socket.ts";
import type { Problem } from "#src/model/problem.ts";
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
  kind: undefined,
  addresses: [{ ip: ipOf("192.0.2.1"), prefixLength: 24, scope: "global" }],
};
const links = new Map([[link.index, link]]);
const many = new Map(
  Array.from({ length: 200 }, (_, last) => ipOf(`192.0.2.${last}`)).map((ip) => [printIp(ip), ip] as const),
);

function refusal(code: string): Error {
  return Object.assign(new Error(`setsockopt ${code}`), { code });
}

/** Responders over sockets that hold what a test looks at, and refuse what it says. */
function respondersOn(refuse: { open?: (options: PacketSocketOptions) => boolean; filterBytes?: number } = {}) {
  const open = new Map<number, { filter: Uint8Array }>();
  const said: { problems: readonly Problem[]; wide: string[] } = { problems: [], wide: [] };
  const responders = new Responders({
    interfaces: [],
    groups: new GroupMembership(),
    openPacketSocket: (options): PacketSocket => {
      if (refuse.open?.(options) === true) throw refusal("EPERM");
      const socket = { filter: options.filter };
      open.set(options.etherType, socket);
      const close = (): void => void open.delete(options.etherType);
      return {
        setFilter: (filter) => {
          if (filter.length > (refuse.filterBytes ?? Infinity)) throw refusal("ENOMEM");
          socket.filter = filter;
        },
        send: (frame) => frame.length,
        readStats: () => ({ received: 0, dropped: 0 }),
        close,
        [Symbol.dispose]: close,
      };
    },
    onReply: () => undefined,
    onDrop: () => undefined,
    onError: () => undefined,
    onWideFilter: (name) => said.wide.push(name),
    onProblems: (problems) => (said.problems = problems),
  });
  return { responders, open, said };
}

describe("Responders", () => {
  it("takes all ARP requests in where the kernel has no room for a filter with the addresses", () => {
    const { responders, open, said } = respondersOn({ filterBytes: 1_000 });
    responders.setLinks(links);
    responders.setAnnounced(many);
    expect(open.get(0x0806)?.filter).toEqual(anyArpFilter());
    expect(said.wide).toEqual(["lan0"]);
    const one = new Map([...many].slice(0, 1));
    responders.setAnnounced(one);
    expect(open.get(0x0806)?.filter).toEqual(arpFilter([...one.values()]));
  });

  it("leaves no socket open on a link where only the second could not be opened", () => {
    const { responders, open, said } = respondersOn({ open: ({ etherType }) => etherType === 0x86dd });
    expect(responders.setLinks(links)).toBe(false);
    expect(open.size).toBe(0);
    expect(said.problems.map(({ where }) => where)).toEqual(["interface lan0"]);
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
