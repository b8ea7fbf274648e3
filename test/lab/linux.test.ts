import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { performance } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import { equalIps, type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { captureFilter } from "#src/layer2/capture-filter.ts";
import { GroupMembership } from "#src/linux/group-membership.ts";
import { type Link, openLinkWatcher } from "#src/linux/link-watcher.ts";
import {
  openPacketSocket,
  PACKET_BROADCAST,
  PACKET_OUTGOING,
  type PacketSocket,
  type PacketSocketOptions,
} from "#src/linux/packet-socket.ts";
import { openRouteWatcher } from "#src/linux/route-watcher.ts";
import { whyUnusable } from "#src/linux/why-unusable.ts";

const ETH_P_ARP = 0x0806;
const ETH_P_ALL = 0x0003;
const { ENETDOWN, ENXIO, EINVAL } = constants.errno;

// Ours is `wire0`, in this namespace; the peer's end is `eth0` in the namespace `peer`, with the kernel's own ARP.
const OUR_MAC = "02:00:00:00:00:01";
const PEER_MAC = "02:00:00:00:00:02";
const BROADCAST = "ff:ff:ff:ff:ff:ff";

/** Runs a command to its end, while our event loop stands still. */
function run(command: string, input = ""): string {
  const [file = "", ...args] = command.split(" ");
  return execFileSync(file, args, { input, encoding: "utf8", stdio: "pipe" });
}

function ip(command: string): string {
  return run(`ip ${command}`);
}

function ipBatch(commands: readonly string[]): void {
  run("ip -batch -", commands.join("\n"));
}

function address(text: string): Ip {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
}

function indexOf(name: string): number {
  const [link] = JSON.parse(ip(`-j link show dev ${name}`)) as { ifindex: number }[];
  return link?.ifindex ?? 0;
}

function macBytes(text: string): number[] {
  return text.split(":").map((digits) => Number.parseInt(digits, 16));
}

function ipBytes(text: string): number[] {
  return text.split(".").map(Number);
}

/** Classic BPF: the ARP target address (bytes 38 to 41 of the frame) is this one. */
function targetFilter(text: string): Uint8Array {
  const program: [number, number, number, number][] = [
    [0x20, 0, 0, 38], // load word
    [0x15, 0, 1, Buffer.from(ipBytes(text)).readUInt32BE()], // equal, else skip one
    [0x06, 0, 0, 0xffff], // accept
    [0x06, 0, 0, 0], // refuse
  ];
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, jumpTrue, jumpFalse, operand]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jumpTrue, index * 8 + 2);
    bytes.writeUInt8(jumpFalse, index * 8 + 3);
    bytes.writeUInt32LE(operand, index * 8 + 4);
  }
  return bytes;
}

const ACCEPT_ALL = Uint8Array.of(6, 0, 0, 0, 0xff, 0xff, 0, 0);

interface Arp {
  readonly operation: 1 | 2;
  readonly to: string;
  readonly sender: string;
  readonly target: string;
}

function arpFrame({ operation, to, sender, target }: Arp): Uint8Array {
  const header = [...macBytes(to), ...macBytes(OUR_MAC), 0x08, 0x06];
  const fixed = [0, 1, 0x08, 0, 6, 4, 0, operation];
  const source = [...macBytes(OUR_MAC), ...ipBytes(sender)];
  return Uint8Array.from([...header, ...fixed, ...source, ...macBytes(to), ...ipBytes(target)]);
}

/** Who is asked for in an ARP frame. */
function targetOf(frame: Uint8Array): string {
  return frame.subarray(38, 42).join(".");
}

const opened: Disposable[] = [];
afterEach(() => {
  for (const resource of opened.splice(0)) resource[Symbol.dispose]();
});

interface Listening {
  readonly socket: PacketSocket;
  readonly targets: string[];
  readonly packetTypes: number[];
  readonly errors: number[];
}

function listen(name: string, options: Partial<PacketSocketOptions> = {}): Listening {
  const [targets, packetTypes, errors]: [string[], number[], number[]] = [[], [], []];
  const socket = openPacketSocket({
    interfaceIndex: indexOf(name),
    etherType: ETH_P_ARP,
    filter: ACCEPT_ALL,
    onFrame: (frame, packetType) => {
      targets.push(targetOf(frame));
      packetTypes.push(packetType);
    },
    onError: (errno) => errors.push(errno),
    ...options,
  });
  opened.push(socket);
  return { socket, targets, packetTypes, errors };
}

/** Makes the peer's kernel ask for an address. */
function ask(target: string, dev = "eth0"): void {
  ip(`-n peer neigh replace ${target} dev ${dev} use`);
}

function peerNeighbor(target: string): { lladdr?: string; state?: string[] } | undefined {
  const [entry] = JSON.parse(ip(`-n peer -j neigh show ${target} dev eth0`)) as [{ lladdr?: string; state?: string[] }];
  return entry;
}

function groupsOn(name: string): string[] {
  const links = JSON.parse(ip(`-j -6 maddr show dev ${name}`)) as { maddr?: { address?: string }[] }[];
  return links.flatMap(({ maddr }) => (maddr ?? []).map((group) => group.address ?? ""));
}

/** Datagrams lost on each netlink socket of this namespace. */
function lostEvents(): number[] {
  const lines = readFileSync("/proc/net/netlink", "utf8").trim().split("\n").slice(1);
  return lines.map((line) => Number(line.trim().split(/\s+/)[8]));
}

/** How often the event loop comes round while nothing is to do. */
async function idleLoopCount(): Promise<number> {
  const before = performance.nodeTiming.uvMetricsInfo.loopCount;
  await new Promise((resolve) => setTimeout(resolve, 200));
  return performance.nodeTiming.uvMetricsInfo.loopCount - before;
}

/**
 * Some ten timers of the test runner may fire; a loop that spins comes round tens of thousands of times, in every such
 * time. What earlier tests set going may still pass by in the first ones, hence `until`.
 */
const IDLE_LOOPS = 200;

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("src/linux against the kernel", () => {
  beforeAll(() => {
    ip("netns add peer");
    ip(`link add wire0 address ${OUR_MAC} type veth peer name eth0 address ${PEER_MAC} netns peer`);
    ip("link set wire0 up");
    ip("-n peer link set lo up");
    ip("-n peer link set eth0 up");
    ip("-n peer address add 192.0.2.2/24 dev eth0");
    ip("link add flood0 type veth peer name flood1");
    for (const name of ["flood0", "flood1"]) ip(`link set ${name} arp off up`);
  });

  afterAll(() => {
    ip("link delete flood0");
    ip("link delete wire0");
    ip("netns delete peer");
  });

  describe("openPacketSocket()", () => {
    it("receives the requests that the filter lets through, and counts them", async () => {
      const { socket, targets, packetTypes } = listen("wire0", { filter: targetFilter("192.0.2.200") });
      ask("192.0.2.201");
      ask("192.0.2.200");
      await until("a request", () => targets.length > 0);
      expect(targets).toEqual(["192.0.2.200"]);
      expect(packetTypes).toEqual([PACKET_BROADCAST]);
      expect(socket.readStats()).toEqual({ received: 1, dropped: 0 });
      expect(socket.readStats()).toEqual({ received: 0, dropped: 0 });
    });

    it("replaces its filter", async () => {
      const { socket, targets } = listen("wire0", { filter: targetFilter("192.0.2.202") });
      ask("192.0.2.202");
      await until("the first request", () => targets.includes("192.0.2.202"));
      socket.setFilter(targetFilter("192.0.2.203"));
      const before = targets.length;
      ask("192.0.2.204");
      ask("192.0.2.203");
      await until("the second request", () => targets.includes("192.0.2.203"));
      expect(new Set(targets.slice(before))).toEqual(new Set(["192.0.2.203"]));
    });

    it("keeps the filter it has when the kernel refuses the new one", () => {
      const { socket } = listen("wire0");
      const refused = () => socket.setFilter(new Uint8Array(8 * 4097));
      expect(refused).toThrow(expect.objectContaining({ syscall: "setsockopt", errno: -EINVAL }));
    });

    it("sends a reply that the peer believes, and does not hear itself", async () => {
      const { socket, targets } = listen("wire0", { filter: targetFilter("192.0.2.205") });
      ask("192.0.2.205");
      await until("a request", () => targets.length > 0);
      const reply = arpFrame({ operation: 2, to: PEER_MAC, sender: "192.0.2.205", target: "192.0.2.2" });
      expect(socket.send(reply)).toBe(42);
      await until("the peer believes", () => peerNeighbor("192.0.2.205")?.state?.includes("REACHABLE"));
      expect(peerNeighbor("192.0.2.205")?.lladdr).toBe(OUR_MAC);
      const gratuitous = arpFrame({ operation: 1, to: BROADCAST, sender: "192.0.2.205", target: "192.0.2.205" });
      const before = targets.length;
      expect(socket.send(gratuitous)).toBe(42);
      ip("-n peer neigh flush dev eth0");
      ask("192.0.2.205");
      await until("a request", () => targets.length > before);
      expect(targets.length).toBe(before + 1);
    });

    it("leaves out frames of a VLAN, which come without their tag", async () => {
      const [outside, inside] = [listen("flood1"), listen("flood0")];
      const request = { operation: 1, to: BROADCAST, sender: "192.0.2.9" } as const;
      const untagged = arpFrame({ ...request, target: "192.0.2.10" });
      const tagged = arpFrame({ ...request, target: "192.0.2.100" });
      outside.socket.send(Uint8Array.from([...tagged.subarray(0, 12), 0x81, 0, 0, 100, ...tagged.subarray(12)]));
      outside.socket.send(untagged);
      await until("the frame without a tag", () => inside.targets.includes("192.0.2.10"));
      expect(inside.targets).toEqual(["192.0.2.10"]);
      expect(inside.socket.readStats().received).toBe(2); // it did come up to the socket
    });

    it("J hears, with the filter of a capture, what comes in and what another socket sends, about one address alone", async () => {
      const capture = { etherType: ETH_P_ALL, hearsSent: true, filter: captureFilter(address("192.0.2.10")) };
      const [outside, inside, sender] = [listen("flood1"), listen("flood0", capture), listen("flood0")];
      const request = { operation: 1, to: BROADCAST, sender: "192.0.2.9" } as const;
      const [about, other] = ["192.0.2.10", "192.0.2.11"].map((target) => arpFrame({ ...request, target }));
      if (about === undefined || other === undefined) expect.fail();
      const tagged = Uint8Array.from([...about.subarray(0, 12), 0x81, 0, 0, 100, ...about.subarray(12)]);
      for (const frame of [tagged, other, about]) outside.socket.send(frame);
      await until("the frame that comes in", () => inside.packetTypes.includes(PACKET_BROADCAST));
      for (const frame of [tagged, other, about]) sender.socket.send(frame);
      await until("the frame that is sent", () => inside.packetTypes.includes(PACKET_OUTGOING));
      expect(inside.targets).toEqual(["192.0.2.10", "192.0.2.10"]);
      expect(inside.packetTypes).toEqual([PACKET_BROADCAST, PACKET_OUTGOING]);
      expect(sender.packetTypes).not.toContain(PACKET_OUTGOING);
    });

    it("J is given frames for a group by the network card until it is closed", async () => {
      const group = "33:33:ff:c0:ff:ee";
      const { socket } = listen("flood0", { groupMac: Uint8Array.from(macBytes(group)) });
      expect(ip("maddr show dev flood0")).toContain(group);
      socket.close();
      await until("it is left", () => !ip("maddr show dev flood0").includes(group));
    });

    it("leaves frames of a bridge's port to the bridge", async () => {
      ip("link add br9 type bridge");
      ip("link set br9 up");
      ip("link set wire0 master br9");
      const [port, bridge] = [listen("wire0"), listen("br9")];
      await until("a request", () => {
        ip("-n peer neigh flush dev eth0");
        ask("192.0.2.208");
        return bridge.targets.length > 0;
      });
      ip("link delete br9");
      expect(port.targets).toEqual([]);
    });

    it("goes on after the link was down: ENETDOWN while it is", async () => {
      const { socket, targets, errors } = listen("wire0");
      const frame = arpFrame({ operation: 1, to: BROADCAST, sender: "192.0.2.9", target: "192.0.2.9" });
      ip("link set wire0 down");
      await until("the error", () => errors.length > 0);
      expect(errors).toEqual([ENETDOWN]);
      expect(socket.send(frame)).toBe(-ENETDOWN);
      await until("the loop rests", async () => (await idleLoopCount()) < IDLE_LOOPS);
      ip("link set wire0 up");
      await until("sending works again", () => socket.send(frame) === frame.length);
      await until("a request", () => {
        ip("-n peer neigh flush dev eth0");
        ask("192.0.2.209");
        return targets.includes("192.0.2.209");
      });
    });

    it("returns ENXIO once the link is gone, and ENODEV for one that never was", async () => {
      ip("link add gone0 type veth peer name gone1");
      ip("link set gone0 up");
      const { socket, errors } = listen("gone0");
      ip("link delete gone0");
      await until("the error", () => errors.includes(ENETDOWN));
      expect(socket.send(new Uint8Array(60))).toBe(-ENXIO);
      const options = { etherType: ETH_P_ARP, filter: ACCEPT_ALL, onFrame: () => {}, onError: () => {} };
      const never = () => openPacketSocket({ interfaceIndex: 99_999, ...options });
      expect(never).toThrow(expect.objectContaining({ syscall: "bind", code: "ENODEV" }));
    });

    it("counts what it had no room for", async () => {
      const from = listen("flood1");
      const { socket, targets } = listen("flood0", { receiveBufferBytes: 4096 });
      const frame = arpFrame({ operation: 1, to: BROADCAST, sender: "192.0.2.9", target: "192.0.2.9" });
      for (let sent = 0; sent < 500; sent++) expect(from.socket.send(frame)).toBe(42);
      const { received, dropped } = socket.readStats();
      await until("all received frames are delivered", () => targets.length === received);
      expect(received + dropped).toBe(500);
      expect(dropped).toBeGreaterThan(0);
    });

    it("survives the end of its worker thread in the middle of a flood, 20 times", async () => {
      const { socket } = listen("flood1");
      const frame = arpFrame({ operation: 1, to: BROADCAST, sender: "192.0.2.9", target: "192.0.2.9" });
      const counts: number[] = [];
      let descriptors = 0;
      for (let round = 0; round < 20; round++) {
        counts.push(await floodWorker(indexOf("flood0"), () => socket.send(frame)));
        if (round === 0) descriptors = readdirSync("/proc/self/fd").length;
      }
      expect(counts.every((count) => count > 0)).toBe(true);
      await until("descriptors are closed", () => readdirSync("/proc/self/fd").length <= descriptors);
    });

    it("leaves no descriptor behind in 50 openings", async () => {
      const interfaceIndex = indexOf("wire0");
      const before = readdirSync("/proc/self/fd").length;
      const options = { etherType: ETH_P_ARP, filter: ACCEPT_ALL, onFrame: () => {}, onError: () => {} };
      for (let cycle = 0; cycle < 50; cycle++) {
        using socket = openPacketSocket({ interfaceIndex, ...options });
        expect(socket.readStats().dropped).toBe(0);
      }
      // They are closed on another thread.
      await until("descriptors are closed", () => readdirSync("/proc/self/fd").length <= before);
    });

    it("does nothing while nothing comes", async () => {
      listen("wire0", { filter: targetFilter("192.0.2.250") });
      const watcher = await openLinkWatcher({ onChange: () => {} });
      await until("the loop rests", async () => (await idleLoopCount()) < IDLE_LOOPS);
      watcher.close();
    });
  });

  describe("openLinkWatcher()", () => {
    async function watch() {
      const changes: ReadonlyMap<number, Link>[] = [];
      const errors: Error[] = [];
      const watcher = await openLinkWatcher({
        onChange: (links) => changes.push(links),
        onError: (error) => errors.push(error),
      });
      opened.push({ [Symbol.dispose]: () => watcher.close() });
      const named = (name: string) => [...watcher.links().values()].find((link) => link.name === name);
      return { watcher, changes, errors, named };
    }

    it("knows all at once what is there, whatever this namespace holds besides", async () => {
      ip("address replace 192.0.2.1/24 dev wire0");
      const { named, changes } = await watch();
      expect(named("lo")).toMatchObject({ loopback: true });
      const wire = named("wire0");
      expect(wire).toMatchObject({ up: true, broadcast: true, noArp: false, loopback: false, kind: "veth" });
      expect([...(wire?.mac ?? [])]).toEqual(macBytes(OUR_MAC));
      expect(wire?.addresses).toContainEqual({ ip: address("192.0.2.1"), prefixLength: 24, scope: "global" });
      expect(wire === undefined ? "absent" : whyUnusable(wire)).toBeUndefined();
      ip("address delete 192.0.2.1/24 dev wire0");
      await until("a change", () => changes.length > 0);
    });

    it("sees a link appear, go up, lose its carrier, be enslaved, get an address and go", async () => {
      const { named, watcher } = await watch();
      ip("link add seen0 type veth peer name seen1");
      await until("seen0 is down", () => named("seen0")?.up === false);
      ip("link set seen0 up");
      ip("link set seen1 up");
      await until("seen0 is up", () => named("seen0")?.up === true);
      ip("link set seen1 down");
      await until("seen0 is down", () => named("seen0")?.up === false);
      ip("address add 2001:db8::9/64 dev seen0 nodad");
      const ipv6 = address("2001:db8::9");
      await until("the address", () => named("seen0")?.addresses.some(({ ip }) => equalIps(ip, ipv6)));
      ip("link set seen0 address 02:00:00:00:00:99");
      await until("the new MAC", () => named("seen0")?.mac[5] === 0x99);
      ip("link add br9 type bridge");
      ip("link set seen0 master br9");
      await until("the master", () => named("seen0")?.masterIndex === named("br9")?.index);
      ip("link set seen0 name seen2");
      await until("the new name", () => named("seen2") !== undefined && named("seen0") === undefined);
      ip("link delete br9");
      ip("link delete seen2");
      await until("both are gone", () => named("seen2") === undefined && named("br9") === undefined);
      expect(watcher.links().size).toBe(readdirSync("/sys/class/net").length);
    });

    it("says nothing when nothing changed", async () => {
      const { changes, named } = await watch();
      ip("link set wire0 mtu 1400"); // an event, but nothing that we look at
      ip("link set wire0 mtu 1500");
      ip("link add seen0 type veth peer name seen1");
      await until("seen1 is there", () => named("seen1") !== undefined);
      ip("link delete seen0");
      await until("seen0 is gone", () => named("seen0") === undefined);
      for (const [index, links] of changes.entries()) expect(links).not.toBe(changes[index - 1]);
      expect(new Set(changes.map((links) => links.get(indexOf("wire0")))).size).toBe(1);
    });

    it("loses none of 400 links made while it could not look, though events were lost", async () => {
      const { named, watcher, errors } = await watch();
      const names = Array.from({ length: 400 }, (_, index) => `many${index}`);
      const pairs = names.filter((_, index) => index % 2 === 0).map((name, pair) => [name, names[pair * 2 + 1]]);
      ipBatch(pairs.map(([left, right]) => `link add ${left} type veth peer name ${right}`));
      ipBatch(names.map((name) => `link set ${name} up`));
      const isLost = (): boolean => Math.max(...lostEvents()) > 0;
      // Some events of a link that goes up come later from a busy kernel, those of a new MTU at once.
      for (let mtu = 1_300; mtu < 1_400 && !isLost(); mtu++)
        ipBatch(names.map((name) => `link set ${name} mtu ${mtu}`));
      expect(isLost()).toBe(true);
      await until("all links are seen up", () => names.every((name) => named(name)?.up));
      ipBatch(pairs.map(([left]) => `link delete ${left}`));
      const isGone = () => [...watcher.links().values()].every(({ name }) => !name.startsWith("many"));
      await until("all links are seen to be gone", isGone);
      expect(errors).toEqual([]);
    });

    it("is silent after close()", async () => {
      const { watcher, changes, errors } = await watch();
      watcher.close();
      watcher.close();
      const other = await watch();
      ip("link add seen0 type veth peer name seen1");
      await until("seen0 is there", () => other.named("seen0") !== undefined);
      ip("link delete seen0");
      await until("seen0 is gone", () => other.named("seen0") === undefined);
      expect([changes, errors]).toEqual([[], []]);
    });
  });

  describe("openRouteWatcher()", () => {
    it("sees default routes of every table and family come and go, and which interface has a network", async () => {
      const errors: Error[] = [];
      const watcher = await openRouteWatcher({ onChange: () => {}, onError: (error) => errors.push(error) });
      opened.push({ [Symbol.dispose]: () => watcher.close() });
      const gateways = () => watcher.routes().gateways.map(printIp);
      const before = gateways();
      ip("address replace 192.0.2.1/24 dev wire0");
      ip("address replace 2001:db8:5::1/64 dev wire0 nodad");
      ip("route add default via 192.0.2.254 dev wire0 metric 4321");
      ip("route add default via 192.0.2.253 dev wire0 table 1234");
      ip("-6 route add default via 2001:db8:5::fe dev wire0 metric 4321");
      const added = ["192.0.2.253", "192.0.2.254", "2001:db8:5::fe"];
      await until("the gateways", () => added.every((gateway) => gateways().includes(gateway)));
      const networks = () => watcher.routes().interfaceOf;
      await until("the networks", () => networks().has("192.0.2.0/24") && networks().has("2001:db8:5::/64"));
      expect(networks().get("192.0.2.0/24")).toBe(indexOf("wire0"));
      expect(networks().get("2001:db8:5::/64")).toBe(indexOf("wire0"));
      ip("route delete default via 192.0.2.253 dev wire0 table 1234");
      ip("address delete 192.0.2.1/24 dev wire0");
      ip("address delete 2001:db8:5::1/64 dev wire0");
      ip("-6 route flush default dev wire0");
      await until("the gateways are gone", () => gateways().join() === before.join());
      expect(errors).toEqual([]);
    });
  });

  describe("GroupMembership", () => {
    function member() {
      const errors: string[] = [];
      const groups = new GroupMembership({ onError: (name, error) => errors.push(`${name}: ${error.message}`) });
      opened.push({ [Symbol.dispose]: () => groups.close() });
      return { groups, errors };
    }

    it("joins the group once for addresses that share it, and leaves it with the last", () => {
      const { groups, errors } = member();
      const [first, second] = [address("2001:db8::11:2233"), address("2001:db8:1::11:2233")];
      groups.join("wire0", first);
      groups.join("wire0", second);
      expect(groupsOn("wire0")).toContain("ff02::1:ff11:2233");
      groups.leave("wire0", first);
      expect(groupsOn("wire0")).toContain("ff02::1:ff11:2233");
      groups.leave("wire0", second);
      expect(groupsOn("wire0")).not.toContain("ff02::1:ff11:2233");
      expect(errors).toEqual([]);
    });

    it("reports its membership to the switch", async () => {
      const { groups } = member();
      // Asked every second: the report that a join sends unasked is lost where the port does not forward yet.
      const queries = "mcast_querier 1 mcast_startup_query_interval 100 mcast_query_interval 100";
      ip(`link add br9 type bridge mcast_snooping 1 ${queries} mcast_query_response_interval 50`);
      ip("link add member0 type veth peer name member1");
      ip("link set member1 master br9");
      for (const name of ["br9", "member0", "member1"]) ip(`link set ${name} up`);
      // Queries and reports come from link-local addresses; without one a report says "::", which a bridge ignores.
      const isUsable = (name: string): boolean =>
        /fe80:(?!.*tentative)/.test(ip(`-6 -oneline address show dev ${name}`));
      await until("both have a link-local address", () => isUsable("br9") && isUsable("member0"));
      groups.join("member0", address("2001:db8::77:8899"));
      const entries = () => run("bridge mdb show dev br9");
      await until("the bridge knows the member", () => entries().includes("port member1 grp ff02::1:ff77:8899"));
      groups.close();
      ip("link delete member0");
      ip("link delete br9");
    });

    it("joins 4000 groups, more than one socket holds, in portions, and leaves them all", () => {
      const { groups, errors } = member();
      const before = groupsOn("wire0").length;
      const addresses = Array.from({ length: 4000 }, (_, index) => address(`2001:db8::aa:${index.toString(16)}`));
      for (const each of addresses) groups.join("wire0", each);
      const atOnce = groupsOn("wire0").length - before;
      expect(atOnce).toBeLessThanOrEqual(8);
      groups.settle();
      const portion = groupsOn("wire0").length - before - atOnce;
      expect(portion).toBeLessThanOrEqual(64);
      for (let joined = atOnce + portion; joined < 4000; joined += portion) {
        expect(groupsOn("wire0").length).toBe(before + joined);
        groups.settle();
      }
      expect(errors).toEqual([]);
      expect(groupsOn("wire0").length).toBe(before + 4000);
      for (const each of addresses.slice(1)) groups.leave("wire0", each);
      for (let settled = 0; settled < 4000; settled += portion) groups.settle();
      expect(groupsOn("wire0").length).toBe(before + 1);
      for (const each of addresses.slice(0, 1)) groups.leave("wire0", each);
      expect(groupsOn("wire0").length).toBe(before);
    });

    it("lives on when the link vanishes, and joins anew on the next of that name", async () => {
      const { groups, errors } = member();
      const vip = address("2001:db8::44:5566");
      const make = async () => {
        ip("link add seen0 type veth peer name seen1");
        for (const name of ["seen0", "seen1"]) ip(`link set ${name} up`);
        await until("the link-local address", () => ip("address show dev seen0").includes("fe80:"));
      };
      await make();
      groups.join("seen0", vip);
      ip("link delete seen0");
      groups.leave("seen0", vip);
      await make();
      groups.join("seen0", vip);
      expect(groupsOn("seen0")).toContain("ff02::1:ff44:5566");
      ip("link delete seen0");
      expect(errors).toEqual([]);
    });

    it("F joins on a link that has no address yet as soon as it has one", () => {
      const { groups, errors } = member();
      ip("link add late0 type veth peer name late1");
      ip("link set late0 addrgenmode none");
      for (const name of ["late0", "late1"]) ip(`link set ${name} up`);
      groups.join("late0", address("2001:db8::88:99aa"));
      groups.retryFailed();
      expect(new Set(errors)).toEqual(new Set(["late0: no such link that is up: late0"]));
      ip("address add 192.0.2.77/32 dev late0");
      groups.retryFailed();
      expect(groupsOn("late0")).toContain("ff02::1:ff88:99aa");
      const count = errors.length;
      groups.retryFailed();
      expect(errors).toHaveLength(count);
      ip("link delete late0");
    });

    it("reports a link that is not there, and joins nowhere else instead", () => {
      const { groups, errors } = member();
      groups.join("nowhere0", address("2001:db8::66:7788"));
      groups.leave("nowhere0", address("2001:db8::66:7788"));
      expect(errors).toEqual(["nowhere0: no such link that is up: nowhere0"]);
      expect(groupsOn("wire0").concat(groupsOn("lo"))).not.toContain(printIp(address("ff02::1:ff66:7788")));
    });
  });
});

/** Starts a worker with a packet socket, floods it and ends it meanwhile; resolves to the frames that it told of. */
async function floodWorker(interfaceIndex: number, send: () => void): Promise<number> {
  const worker = new Worker(new URL("../linux/packet-worker.ts", import.meta.url), { workerData: { interfaceIndex } });
  let count = 0;
  const isReady = Promise.withResolvers<void>();
  worker.on("message", (message: number | "ready") => {
    if (message === "ready") isReady.resolve();
    else count += message;
  });
  await isReady.promise;
  let isEnding = false;
  while (!isEnding) {
    for (let burst = 0; burst < 200; burst++) send();
    await new Promise((resolve) => setImmediate(resolve));
    isEnding = count > 0;
  }
  const ended = worker.terminate();
  for (let burst = 0; burst < 200; burst++) send();
  await ended;
  return count;
}
