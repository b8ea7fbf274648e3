import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import { type Ip, parseIp } from "#src/ip/address.ts";
import type { NfMessage } from "#src/wire/nf-batch.ts";
import { ForwardStopper, pingNotAnswered } from "#speaker/forward-stopper.ts";

const ipOf = (text: string): Ip => parseIp(text) ?? expect.fail(text);
const VIP = ipOf("192.0.2.200");
const VIP6 = ipOf("2001:db8::c0:ffee");
const ADDED = 12;
const REMOVED = 14;

async function open(errno?: number) {
  const sent: (readonly NfMessage[])[] = [];
  const stopper = await ForwardStopper.open({
    send(messages, onDone) {
      sent.push(messages);
      onDone(errno);
    },
  });
  return { sent, stopper };
}

async function opened() {
  const { sent, stopper } = await open();
  if (!(stopper instanceof ForwardStopper)) return expect.fail();
  /** The messages of the batches since the last call: their types and families. */
  const told = () => sent.splice(0).map((batch) => batch.map(({ type, payload }) => [type, payload[0]]));
  return { stopper, told };
}

describe("ForwardStopper", () => {
  it("J makes a table of each family, with a set and a chain of one rule", async () => {
    const { told } = await opened();
    const table = [0, 9, 3, 8, 6];
    expect(told()).toEqual([2, 10].map((family) => table.map((type) => [type, family])));
  });

  it("J tells the kernel each change once, and of what changed and is as it was again nothing", async () => {
    const { stopper, told } = await opened();
    told();
    for (const ip of [VIP, VIP6, VIP]) stopper.stop(ip);
    stopper.settle();
    stopper.settle();
    expect(told()).toEqual([
      [
        [ADDED, 2],
        [ADDED, 10],
      ],
    ]);
    stopper.release(VIP);
    stopper.stop(VIP);
    stopper.release(ipOf("192.0.2.201"));
    stopper.settle();
    expect(told()).toEqual([]);
    for (const ip of [VIP, VIP]) stopper.release(ip);
    stopper.settle();
    expect(told()).toEqual([[[REMOVED, 2]]]);
  });

  it("J tells of many in batches that the socket has room for", async () => {
    const { stopper, told } = await opened();
    told();
    for (let last = 0n; last < 1_200n; last++) stopper.stop({ family: "ipv4", value: VIP.value + last });
    for (let tick = 0; tick < 4; tick++) stopper.settle();
    expect(told().map(({ length }) => length)).toEqual([500, 500, 200]);
  });

  it.each([
    { errno: constants.errno.EPERM, fix: "NET_ADMIN" },
    { errno: constants.errno.EOPNOTSUPP, fix: "nft_fib_ipv4" },
  ])("J is not there where the kernel answers errno $errno, and says what to do", async ({ errno, fix }) => {
    const { sent, stopper } = await open(errno);
    expect(stopper).toBe(errno);
    expect(sent).toHaveLength(1);
    expect(pingNotAnswered("n1", errno)).toMatchObject({
      code: "PING_NOT_ANSWERED",
      fix: expect.stringContaining(fix),
    });
  });
});
