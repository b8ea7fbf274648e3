import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import { type Ip, parseIp } from "#src/ip/address.ts";
import { netlinkError } from "#src/linux/netlink-socket.ts";
import type { NfMessage } from "#src/wire/nf-batch.ts";
import { ForwardStopper, pingNotAnswered } from "#speaker/forward-stopper.ts";

const { EMFILE, ENOENT, EOPNOTSUPP, EPERM, EPROTONOSUPPORT } = constants.errno;
const ipOf = (text: string): Ip => parseIp(text) ?? expect.fail(text);
const VIP = ipOf("192.0.2.200");
const VIP6 = ipOf("2001:db8::c0:ffee");
const ADDED = 12;
const REMOVED = 14;
const TABLES = [2, 10].flatMap((family) => [0, 9, 3, 8, 6].map((type) => [type, family]));

/** A stopper, and the kernel that a test plays: how it opens sockets, and what it answers to the next batches. */
function start() {
  const kernel = {
    /** The errno with which a socket is refused. */
    refuses: undefined as number | undefined,
    /** How a batch ends; null: no answer comes. */
    answer: undefined as number | undefined | null,
    openSockets: 0,
    report: (_errno: number): void => undefined,
    /** The types and families of the messages of each batch since it was taken last. */
    batches: [] as (readonly (readonly (number | undefined)[])[])[],
  };
  const problems: (readonly string[])[] = [];
  const stopper = new ForwardStopper({
    node: "n1",
    openSocket: (onError) => {
      if (kernel.refuses !== undefined) throw netlinkError("socket", kernel.refuses);
      kernel.openSockets++;
      kernel.report = onError;
      return {
        send(messages: readonly NfMessage[], onDone) {
          kernel.batches.push(messages.map(({ type, payload }) => [type, payload[0]]));
          if (kernel.answer !== null) onDone(kernel.answer);
        },
        [Symbol.dispose]: () => void kernel.openSockets--,
      };
    },
    onProblems: (found) => problems.push(found.map(({ code }) => code)),
  });
  return { stopper, kernel, problems, told: () => kernel.batches.splice(0) };
}

function started() {
  const all = start();
  all.stopper.settle(0);
  all.told();
  return all;
}

describe("ForwardStopper", () => {
  it("J makes a table of each family, with a set and a chain of one rule, all or nothing", () => {
    const { stopper, told, problems } = start();
    stopper.settle(0);
    stopper.settle(10);
    expect(told()).toEqual([TABLES]);
    expect(problems).toEqual([]);
  });

  it("J tells the kernel each change once, and of what changed and is as it was again nothing", () => {
    const { stopper, told } = started();
    for (const ip of [VIP, VIP6, VIP]) stopper.stop(ip);
    stopper.settle(10);
    stopper.settle(20);
    expect(told()).toEqual([
      [
        [ADDED, 2],
        [ADDED, 10],
      ],
    ]);
    stopper.release(VIP);
    stopper.stop(VIP);
    stopper.release(ipOf("192.0.2.201"));
    stopper.settle(30);
    expect(told()).toEqual([]);
    for (const ip of [VIP, VIP]) stopper.release(ip);
    stopper.settle(40);
    expect(told()).toEqual([[[REMOVED, 2]]]);
    expect([VIP, VIP6].map((ip) => stopper.isStopped(ip))).toEqual([false, true]);
  });

  it("J tells of many in batches whose answers the socket has room for", () => {
    const { stopper, told } = started();
    for (let last = 0n; last < 250n; last++) stopper.stop({ family: "ipv4", value: VIP.value + last });
    for (let tick = 1; tick < 5; tick++) stopper.settle(tick);
    expect(told().map(({ length }) => length)).toEqual([100, 100, 50]);
  });

  it("J says of no address that it is stopped before the kernel has answered", () => {
    const { stopper, kernel } = started();
    kernel.answer = null;
    stopper.stop(VIP);
    stopper.settle(10);
    expect(stopper.isStopped(VIP)).toBe(false);
  });

  it("J tells all anew, to another socket, after a batch that failed", () => {
    const { stopper, kernel, problems, told } = started();
    stopper.stop(VIP);
    stopper.settle(10);
    expect(stopper.isStopped(VIP)).toBe(true);
    kernel.answer = ENOENT;
    stopper.stop(VIP6);
    stopper.settle(20);
    expect([VIP, VIP6].map((ip) => stopper.isStopped(ip))).toEqual([false, false]);
    expect(kernel.openSockets).toBe(0);
    expect(problems).toEqual([["PING_NOT_ANSWERED"]]);
    told();
    kernel.answer = undefined;
    stopper.release(VIP);
    for (const nowMs of [30, 9_999]) stopper.settle(nowMs);
    expect(told()).toEqual([]);
    for (const nowMs of [10_000, 10_010]) stopper.settle(nowMs);
    // The address that is no longer wanted is in no set, and is not taken out.
    expect(told()).toEqual([TABLES, [[ADDED, 10]]]);
    expect([VIP, VIP6].map((ip) => stopper.isStopped(ip))).toEqual([false, true]);
    expect(problems).toEqual([["PING_NOT_ANSWERED"], []]);
    expect(kernel.openSockets).toBe(1);
  });

  it("J does not wait for an answer that was lost, to the tables or to a change", () => {
    const { stopper, kernel, problems } = start();
    kernel.answer = null;
    stopper.settle(0);
    stopper.settle(999);
    expect(problems).toEqual([]);
    stopper.settle(1_000);
    expect(problems).toEqual([["PING_NOT_ANSWERED"]]);
    kernel.answer = undefined;
    stopper.settle(10_000);
    expect(problems.at(-1)).toEqual([]);
    kernel.answer = null;
    stopper.stop(VIP);
    for (const nowMs of [10_010, 11_010]) stopper.settle(nowMs);
    expect(problems.at(-1)).toEqual(["PING_NOT_ANSWERED"]);
    expect(kernel.openSockets).toBe(0);
  });

  it("J begins anew where the socket reports an error", () => {
    const { stopper, kernel, problems, told } = started();
    kernel.report(EOPNOTSUPP);
    expect(problems).toEqual([["PING_NOT_ANSWERED"]]);
    stopper.settle(10_000);
    expect(told()).toEqual([TABLES]);
    expect(problems.at(-1)).toEqual([]);
  });

  it.each([
    { errno: EPERM, fix: "NET_ADMIN" },
    { errno: EPERM, fix: "other speaker of this node" },
    { errno: EOPNOTSUPP, fix: "nft_fib_ipv4" },
  ])("J where the kernel answers errno $errno to the tables says $fix, and tries again", ({ errno, fix }) => {
    const { stopper, kernel, problems, told } = start();
    kernel.answer = errno;
    for (const nowMs of [0, 10, 9_999]) stopper.settle(nowMs);
    expect(told()).toEqual([TABLES]);
    expect(problems).toEqual([["PING_NOT_ANSWERED"]]);
    expect(pingNotAnswered("n1", errno).fix).toContain(fix);
    kernel.answer = undefined;
    stopper.stop(VIP);
    for (const nowMs of [10_000, 10_010]) stopper.settle(nowMs);
    expect(problems).toEqual([["PING_NOT_ANSWERED"], []]);
    expect(stopper.isStopped(VIP)).toBe(true);
  });

  it.each([
    { errno: EMFILE, fix: "open files" },
    { errno: EPROTONOSUPPORT, fix: "nf_tables" },
  ])("J where the kernel refuses a socket with errno $errno says $fix, and tries again", ({ errno, fix }) => {
    const { stopper, kernel, problems } = start();
    kernel.refuses = errno;
    stopper.settle(0);
    expect(problems).toEqual([["PING_NOT_ANSWERED"]]);
    expect(pingNotAnswered("n1", errno).fix).toContain(fix);
    kernel.refuses = undefined;
    stopper.settle(10_000);
    expect(problems).toEqual([["PING_NOT_ANSWERED"], []]);
  });

  it("J takes the tables away at its end, and makes none afterwards", () => {
    const { stopper, kernel, told } = started();
    stopper.close();
    stopper.settle(60_000);
    expect(kernel.openSockets).toBe(0);
    expect(told()).toEqual([]);
  });
});
