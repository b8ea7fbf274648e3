import { describe, expect, it } from "vitest";
import type { Announcement } from "#src/election/plan.ts";
import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import type { Problem } from "#src/model/problem.ts";
import { decodeNetlinkMessages } from "#src/wire/netlink.ts";
import { encodeNfBatch, type NfMessage } from "#src/wire/nf-batch.ts";
import { ConnectionKeeper } from "#speaker/connection-keeper.ts";
import { KeptConnections } from "#speaker/kept-connections.ts";

const VIP = "192.0.2.200";
const KEPT_MS = 60_000;
/** The addresses of nodes; of n4 none is known. */
const HOPS: Readonly<Record<string, string>> = { n1: "192.0.2.11", n2: "192.0.2.12", n3: "192.0.2.13" };

/** What one speaker tells its kernel, as it follows an address from owner to owner. */
class Follower {
  readonly said: string[] = [];
  readonly live = new Set(["n1", "n2", "n3", "n4"]);
  readonly #kept: KeptConnections;
  #nowMs = 0;

  constructor(self: string) {
    const keeper = {
      follow: (ip: Ip, via: Ip) => void this.said.push(`${printIp(ip)} via ${printIp(via)}`),
      forget: (ip: Ip) => void this.said.push(`forget ${printIp(ip)}`),
      end: () => void this.said.push("end"),
    };
    const hopTo = (node: string): Ip | undefined => parseIp(HOPS[node] ?? "");
    this.#kept = new KeptConnections({ self, keptMs: KEPT_MS, keeper, hopTo });
  }

  /** The standing claim is that of `heldBy`; this speaker may claim it, too. */
  decided(heldBy: string | undefined, claims = false): this {
    const announcement: Announcement = { owner: heldBy, claim: undefined, vacantSinceMs: undefined, heldBy };
    const plan = new Map([[VIP, announcement]]);
    const isLive = (node: string): boolean => this.live.has(node);
    this.#kept.decided([VIP], { plan, claims: new Map(claims ? [[VIP, 1]] : []), isLive }, (this.#nowMs += 1));
    return this;
  }

  died(node: string): this {
    this.live.delete(node);
    this.#kept.died(node, (this.#nowMs += 1));
    return this;
  }
}

describe("KeptConnections", () => {
  it("13 D knows where to send unknown packets in the decision that wins the address", () => {
    expect(new Follower("n2").decided("n1").decided("n1", true).said).toEqual([`${VIP} via ${HOPS["n1"]}`]);
  });

  it("13 D an owner before asks the one after it, so that each former owner is reached from any", () => {
    expect(new Follower("n1").decided("n1", true).decided("n2").said).toEqual([`${VIP} via ${HOPS["n2"]}`]);
    const second = new Follower("n2").decided("n1").decided("n1", true).decided("n2", true).decided("n3");
    expect(second.said.at(-1)).toBe(`${VIP} via ${HOPS["n3"]}`);
    const third = new Follower("n3").decided("n1").decided("n2").decided("n2", true);
    expect(third.said).toEqual([`${VIP} via ${HOPS["n1"]}`]);
  });

  it("13 D asks no node that died, before or after the move", () => {
    const taken = new Follower("n2").decided("n1").died("n1").decided("n1", true).decided("n2", true);
    expect(taken.said).toEqual([`forget ${VIP}`]);
    const later = new Follower("n2").decided("n1").decided("n1", true).decided("n2", true).died("n1");
    expect(later.said.at(-1)).toBe(`forget ${VIP}`);
  });

  it("13 D asks no node whose address is not known, and says nothing of one that was never an owner", () => {
    expect(new Follower("n2").decided("n4").decided("n4", true).said).toEqual([]);
    expect(new Follower("n3").decided("n1").decided("n2").said).toEqual([]);
  });
});

describe("ConnectionKeeper", () => {
  function keeper(errno?: number) {
    const sent: NfMessage[][] = [];
    const problems: Problem[] = [];
    const socket = {
      send(messages: readonly NfMessage[], onDone: (fault: number | undefined) => void) {
        sent.push([...messages]);
        onDone(errno);
      },
    };
    const onProblems = (list: readonly Problem[]): void => void problems.push(...list);
    return { sent, problems, keeper: new ConnectionKeeper({ node: "n1", socket, keptMs: KEPT_MS, onProblems }) };
  }
  const typesOf = (messages: readonly NfMessage[]): number[] =>
    decodeNetlinkMessages(encodeNfBatch(messages, 1)).map(({ type }) => type & 0xff);
  const [vip, one, other] = [VIP, "192.0.2.11", "192.0.2.12"].map((text) => parseIp(text) ?? expect.fail(text)) as [
    Ip,
    Ip,
    Ip,
  ];

  it("13 D replaces an entry, and writes the same one again only when half of its time is over", () => {
    const { sent, keeper: one1 } = keeper();
    expect(sent).toHaveLength(2);
    one1.follow(vip, one, 0);
    one1.follow(vip, one, KEPT_MS / 2 - 1);
    one1.follow(vip, one, KEPT_MS / 2);
    one1.follow(vip, other, KEPT_MS / 2);
    // What may be there is added first, so that it can be removed.
    expect(sent.slice(2).map(typesOf)).toEqual(Array.from({ length: 3 }, () => [16, 12, 14, 12, 17]));
  });

  it("13 D removes an entry without an error where there is none, and goes the other way where another one was left", () => {
    const { sent, keeper: one1 } = keeper();
    one1.forget(vip);
    one1.follow(vip, one, 0);
    one1.forget(vip);
    expect(sent.slice(2).map(typesOf)).toEqual([
      [16, 12, 14, 17],
      [16, 12, 14, 12, 17],
      [16, 12, 14, 17],
    ]);
    const failing = keeper(17);
    failing.keeper.follow(vip, one, 0);
    expect(failing.sent.slice(2).map(typesOf)).toEqual([
      [16, 12, 14, 12, 17],
      [16, 14, 12, 17],
    ]);
  });

  it("13 D removes its tables at the end, unless the kernel still needs them", () => {
    const needed = keeper();
    needed.keeper.follow(vip, one, 0);
    needed.keeper.end(KEPT_MS - 1);
    expect(needed.sent).toHaveLength(3);
    needed.keeper.end(KEPT_MS);
    expect(needed.sent.slice(3).map(typesOf)).toEqual([
      [16, 2, 17],
      [16, 2, 17],
    ]);
  });

  it.each([
    { errno: 1, fix: "NET_ADMIN" },
    { errno: 95, fix: "nft_dup_ipv4" },
  ])("13 D says what to do where the kernel answers errno $errno", ({ errno, fix }) => {
    const { problems } = keeper(errno);
    expect(problems[0]?.code).toBe("CONNECTIONS_NOT_KEPT");
    expect(problems[0]?.fix).toContain(fix);
  });
});
