import { constants } from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { FromWorker, SpeakerState, ToWorker } from "#speaker/messages.ts";
import { ClusterReader } from "#speaker/cluster-reader.ts";
import { ownMemberRecord } from "#speaker/own-member-record.ts";
import { runWorker } from "#speaker/run-worker.ts";
import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import type { Link } from "#src/linux/link-watcher.ts";
import { netlinkError } from "#src/linux/netlink-socket.ts";
import type { NfTablesSocket } from "#src/linux/nf-tables-socket.ts";
import { NO_ROUTES } from "#src/linux/routes.ts";
import { hostAddressesOf } from "#src/model/host-addresses.ts";
import { printMemberRecord } from "#src/model/member-record.ts";
import type { Fields } from "#src/model/record.ts";
import { answersIn } from "#speaker/last-answers.ts";
import { printAnswers, type ReportedAnswers } from "#src/model/reported-answers.ts";
import { decodeArp } from "#src/wire/arp.ts";
import { ETHER_TYPE_ARP, ETHER_TYPE_IPV4, ETHERNET_HEADER_BYTES } from "#src/wire/ethernet.ts";
import { RECORDED } from "#test/layer2/virtual-router-frames.ts";
import { object } from "#test/model/build.ts";
import { eventually } from "#test/support/eventually.ts";
import { fakeLink, FakeLinkWatcher } from "#test/support/fake-link-watcher.ts";
import { fakePacketSockets } from "#test/support/fake-packet-socket.ts";
import { hex } from "#test/wire/hex.ts";

const VIP = "192.0.2.200";
const OTHER_VIP = "192.0.2.201";

function ipOf(text: string): Ip {
  return parseIp(text) ?? expect.fail(text);
}

function lan(...addresses: readonly string[]): Link {
  return fakeLink({ addresses: addresses.map((text) => ({ ip: ipOf(text), prefixLength: 24, scope: "global" })) });
}

/** A worker on a machine that a test plays; its heartbeats go over a real socket. */
async function start({
  interfaces = [] as readonly string[],
  answersPing = false,
  keepConnectionsMs = undefined as number | undefined,
  /** How nftables ends each batch; null: it never answers. */
  nftErrno = undefined as number | undefined | null,
  /** With which errno the kernel refuses a socket for nftables. */
  nftRefusal = undefined as number | undefined,
  links: own = [lan("192.0.2.11")],
} = {}) {
  const posted: FromWorker[] = [];
  const { open, sockets } = fakePacketSockets();
  let listener: (message: ToWorker) => void = () => expect.fail("it listens first");
  let links = new FakeLinkWatcher({ onChange: () => undefined });
  const settings = {
    node: "n1",
    // Any free one: no other speaker is there.
    heartbeatPort: 0,
    heartbeatEveryMs: 20,
    deadAfterMs: 100,
    failBackAfterMs: undefined,
    failBackWindow: undefined,
    keepConnectionsMs,
    answersPing,
    interfaces,
    heartbeatKeys: [new TextEncoder().encode("a key for heartbeats")],
  };
  const port = {
    post: (message: FromWorker) => void posted.push(message),
    listen: (other: typeof listener) => (listener = other),
  };
  const end = await runWorker(settings, port, {
    openPacketSocket: open,
    openLinkWatcher: async (options) => (links = new FakeLinkWatcher(options, own)),
    openRouteWatcher: async () => ({
      routes: () => ({ ...NO_ROUTES, gateways: [ipOf("192.0.2.1")] }),
      close: () => undefined,
    }),
    openNfTables: () => {
      if (nftRefusal !== undefined) throw netlinkError("socket", nftRefusal);
      const send: NfTablesSocket["send"] = (_, onDone) => {
        if (nftErrno !== null) onDone(nftErrno);
      };
      return { send, [Symbol.dispose]: () => undefined };
    },
    readArpSysctls: () => ({ ignore: 1, announce: 2 }),
  });
  const state = (): SpeakerState | undefined => posted.findLast((message) => message.kind === "state")?.state;
  /** Addresses that were announced by gratuitous ARP; 0.0.0.0 where it was asked for one. */
  const announced = (): ReadonlySet<string> =>
    new Set(
      sockets.flatMap(({ sent }) =>
        sent
          .flatMap((frame) => decodeArp(frame.subarray(ETHERNET_HEADER_BYTES)) ?? [])
          .map(({ senderIp }) => printIp(senderIp)),
      ),
    );
  const answers = (): ReportedAnswers | undefined => {
    const columns = posted.findLast((message) => message.kind === "answers")?.answers;
    return columns && printAnswers(answersIn(columns));
  };
  return { end, posted, state, answers, announced, sockets, links, tell: (message: ToWorker) => listener(message) };
}

describe("runWorker()", () => {
  let end: (() => void) | undefined;
  afterEach(() => end?.());

  it("L1 tells the others of addresses on an interface that it does not use: they announce none of them", async () => {
    const eth1 = { ...lan(VIP), index: 3, name: "eth1" };
    const kubeIpvs = { ...lan("192.0.2.201"), index: 4, name: "kube-ipvs0", kind: "dummy" };
    const worker = await start({ interfaces: ["eth0"], links: [lan("192.0.2.11"), eth1, kubeIpvs] });
    end = worker.end;
    await vi.waitFor(() => expect(worker.state()?.interfaces).toHaveLength(1), eventually);
    const said = worker.state() ?? expect.fail();
    const record = ownMemberRecord({ node: "n1", keys: [], nodeObject: undefined, ...said }) ?? expect.fail();
    const service = object(`{ apiVersion: v1, kind: Service, metadata: { name: a, namespace: shop },
      spec: { type: LoadBalancer, ports: [{ port: 80 }] },
      status: { loadBalancer: { ingress: [{ ip: ${VIP} }, { ip: 192.0.2.201 }] } } }`);
    const published = new Map([["member-n1", JSON.parse(JSON.stringify(printMemberRecord(record))) as Fields]]);
    const other = new ClusterReader({
      source: {
        get: (kind) => (kind === "Service" ? service : undefined),
        has: () => false,
        list: () => new Map(),
        reports: () => published,
      },
      node: "n2",
      configMap: { namespace: "hawser-system", name: "hawser" },
      metallbNamespace: "metallb-system",
      loadBalancerClass: undefined,
      ignoresExcludeLabel: false,
      wallMs: () => 0,
      onProblems: () => undefined,
      onForbidden: () => undefined,
    });
    other.mark([{ kind: "Service", namespace: "shop", name: "a" }]);
    expect(other.read()?.wanted.find(({ ip }) => ip === VIP)).toMatchObject({ forbidden: "MemberAddress" });
    expect(hostAddressesOf([], [record]).get(VIP)).toMatchObject({ owner: 'interface "eth1" of node "n1"' });
    expect([...hostAddressesOf([], [record]).keys()]).toEqual(["192.0.2.11", VIP, "192.0.2.1"]);
  });

  it("J reports a virtual router that has addresses of Services or pools, and counts all of them", async () => {
    const worker = await start();
    end = worker.end;
    const range = { family: "ipv4", first: ipOf(OTHER_VIP).value, last: ipOf(OTHER_VIP).value } as const;
    const pools = [{ name: "edge", ranges: [range], excluded: [], avoidBuggyIps: false }];
    const rest = { gone: [], members: [], nodes: [], isMember: true };
    worker.tell({ kind: "cluster", wanted: [{ ip: VIP }], pools, ...rest });
    await vi.waitFor(() => expect(worker.state()?.announcing).toEqual([VIP]), eventually);
    const find = () =>
      worker.sockets.find(({ options }) => options.groupMac !== undefined && options.etherType === ETHER_TYPE_IPV4);
    const socket = await vi.waitFor(() => find() ?? expect.fail("it listens"), eventually);
    for (const frame of [RECORDED.version2, RECORDED.carp]) socket.receive(frame, 2);
    await vi.waitFor(
      () =>
        expect(worker.state()?.problems).toMatchObject([
          { code: "VIRTUAL_ROUTER_HAS_ADDRESS", severity: "error", addresses: [VIP] },
          { code: "VIRTUAL_ROUTER_HAS_ADDRESS", severity: "warning", addresses: [OTHER_VIP] },
        ]),
      eventually,
    );
    const counted = () => worker.posted.findLast((message) => message.kind === "counters")?.counters.labelled;
    await vi.waitFor(() => expect(counted()?.["virtual_routers"]).toEqual({ vrrp: 1, carp: 1 }), eventually);
    // No socket of IPv6: no address has that family.
    expect(worker.sockets.filter(({ options }) => options.groupMac !== undefined)).toHaveLength(1);
    end();
    expect(socket.isClosed).toBe(true);
  });

  it("F says which host it answered last for an address, and of another that no host asked", async () => {
    const worker = await start();
    end = worker.end;
    const rest = { gone: [], pools: undefined, members: [], nodes: [], isMember: true };
    worker.tell({ kind: "cluster", wanted: [{ ip: VIP }, { ip: OTHER_VIP }], ...rest });
    await vi.waitFor(() => expect(worker.state()?.announced).toBe(2), eventually);
    const socket = worker.sockets.find(({ options }) => options.etherType === ETHER_TYPE_ARP) ?? expect.fail();
    // Requests of 192.0.2.1 for 192.0.2.200 and for an address that is not announced.
    const request = "ffffffffffff 02420a000001 0806 0001 0800 06 04 0001 02420a000001 c0000201 000000000000";
    for (const target of ["c00002c8", "c00002ca"]) socket.receive(hex(`${request} ${target}`));
    // Answers go with the next state: here because an address is no longer wanted.
    worker.tell({ kind: "cluster", wanted: [], ...rest, gone: [OTHER_VIP] });
    const answered = [{ at: expect.any(String), asker: "192.0.2.1", addresses: [VIP] }];
    await vi.waitFor(() => expect(worker.answers()).toEqual({ answered, unnamed: 0 }), eventually);
    expect(Date.parse(worker.answers()?.answered[0]?.at ?? "")).toBeLessThanOrEqual(Date.now());
    worker.tell({ kind: "cluster", wanted: [], ...rest, gone: [VIP] });
    await vi.waitFor(() => expect(worker.answers()).toEqual({ answered: [], unnamed: 0 }), eventually);
  });

  it("F announces what it is told to, withdraws what its machine has, and leaves", async () => {
    const worker = await start();
    end = worker.end;
    const wanted = [{ ip: VIP }, { ip: "192.0.2.1" }];
    const rest = { gone: [], pools: undefined, members: [], nodes: [], isMember: true };
    worker.tell({ kind: "cluster", wanted, ...rest });
    await vi.waitFor(() => expect(worker.state()?.announcing).toEqual([VIP]), eventually);
    // G: the probe of a new address goes before it is announced.
    expect([...worker.announced()].sort()).toEqual(["0.0.0.0", VIP]);
    expect(worker.state()).toMatchObject({
      gateways: ["192.0.2.1"],
      unownedCount: 1,
      unowned: [{ addresses: ["192.0.2.1"], reasons: { GatewayAddress: 1 } }],
      takeovers: [{ cause: "Vacant", gained: 1 }],
    });
    worker.links.setLinks([lan("192.0.2.11", VIP)]);
    await vi.waitFor(() => expect(worker.state()?.announcing).toEqual([]), eventually);
    await vi.waitFor(
      () =>
        expect(worker.state()?.problems).toMatchObject([
          { code: "ADDRESS_ON_LOCAL_INTERFACE", at: { kind: "interface", name: "eth0" } },
        ]),
      eventually,
    );
    worker.tell({ kind: "leave" });
    await vi.waitFor(() => expect(worker.posted).toContainEqual({ kind: "left" }), eventually);
  });

  it.each([false, true])(
    "J where answersPing is %s, an echo request to an announced address is answered so",
    async (answersPing) => {
      const worker = await start({ answersPing });
      end = worker.end;
      const rest = { gone: [], pools: undefined, members: [], nodes: [], isMember: true };
      worker.tell({ kind: "cluster", wanted: [{ ip: VIP }], ...rest });
      await vi.waitFor(() => expect(worker.state()?.announced).toBe(1), eventually);
      const socket = worker.sockets.find(({ options }) => options.etherType === ETHER_TYPE_IPV4);
      expect(socket !== undefined).toBe(answersPing);
      if (socket === undefined) return;
      const request = "0800 45 00 0020 0000 4000 40 01 b613 c0000201 c00002c8  08 00 ff02 1a2b0001 70696e67";
      const reply = "0800 45 00 0020 0000 4000 40 01 b613 c00002c8 c0000201  00 00 0703 1a2b0001 70696e67";
      const ask = () => socket.receive(hex(`020000000002 02420a000001 ${request}`));
      await vi.waitFor(() => {
        ask();
        expect(socket.sent[0]).toEqual(hex(`02420a000001 020000000002 ${reply}`));
      }, eventually);
      const echoes = () => worker.posted.findLast((one) => one.kind === "counters")?.counters.labelled["echoes"];
      await vi.waitFor(() => expect(echoes()?.["answered"]).toBe(socket.sent.length), eventually);
      // kube-proxy in IPVS mode puts it on an interface: then the kernel answers.
      const ipvs = { ...lan(VIP), index: 4, name: "kube-ipvs0", kind: "dummy" };
      worker.links.setLinks([lan("192.0.2.11"), ipvs]);
      const sent = socket.sent.length;
      ask();
      expect(socket.sent).toHaveLength(sent);
    },
  );

  it.each([
    { how: "refuses the tables", nft: { nftErrno: constants.errno.EPERM } },
    { how: "has no socket", nft: { nftRefusal: constants.errno.EPROTONOSUPPORT } },
    { how: "never answers", nft: { nftErrno: null } },
  ])("J announces, answers no echo requests and says so where nftables $how", async ({ nft }) => {
    const worker = await start({ answersPing: true, ...nft });
    end = worker.end;
    const rest = { gone: [], pools: undefined, members: [], nodes: [], isMember: true };
    worker.tell({ kind: "cluster", wanted: [{ ip: VIP }], ...rest });
    await vi.waitFor(() => expect(worker.state()?.announced).toBe(1), eventually);
    const socket = worker.sockets.find(({ options }) => options.etherType === ETHER_TYPE_IPV4) ?? expect.fail();
    const request = "0800 45 00 0020 0000 4000 40 01 b613 c0000201 c00002c8  08 00 ff02 1a2b0001 70696e67";
    const echoes = () => worker.posted.findLast((one) => one.kind === "counters")?.counters.labelled["echoes"];
    await vi.waitFor(() => {
      socket.receive(hex(`020000000002 02420a000001 ${request}`));
      expect(echoes()?.["refused"]).toBeGreaterThan(0);
    }, eventually);
    expect(socket.sent).toEqual([]);
    await vi.waitFor(() => {
      const said = worker.posted.findLast((message) => message.kind === "problems" && message.need === "ping");
      expect(said).toMatchObject({ problems: [{ code: "PING_NOT_ANSWERED", severity: "warning" }] });
    }, eventually);
  });

  it("announces, and says that connections are not kept, where the kernel has no socket for nftables", async () => {
    const worker = await start({ keepConnectionsMs: 60_000, nftRefusal: constants.errno.EMFILE });
    end = worker.end;
    const rest = { gone: [], pools: undefined, members: [], nodes: [], isMember: true };
    worker.tell({ kind: "cluster", wanted: [{ ip: VIP }], ...rest });
    await vi.waitFor(() => expect(worker.state()?.announced).toBe(1), eventually);
    const said = worker.posted.findLast((message) => message.kind === "problems" && message.need === "connections");
    expect(said).toMatchObject({
      problems: [{ code: "CONNECTIONS_NOT_KEPT", why: expect.stringContaining("EMFILE") }],
    });
  });
});
