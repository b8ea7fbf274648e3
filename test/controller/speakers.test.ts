// What the controller makes of the speakers' reports: true reasons, several owners, takeovers.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pools, serviceObject, World } from "./world.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

/** Reports that come within this time are one piece of work. */
const REPORTS_MS = 500;
const MISSING_MS = 30_000;
const CONTESTED_MS = 10_000;
/** So long a Problem of a speaker lasts before its Event. */
const GRACE_MS = 10_000;
/** A round of a takeover is over then. */
const SETTLED_MS = 2_000;
/** The clock of the world at its start, as its Events and conditions show it. */
const START = "2026-01-01T00:16:40Z";

async function assigned(...names: readonly string[]): Promise<void> {
  world.source.put(pools("192.0.2.0/30"), ...names.map((name, at) => serviceObject(name, { createdMs: at })));
  await world.start();
}

/** The condition of the announcement, as text. */
function said(name: string): string {
  const { conditions } = world.object(name).status ?? {};
  const { status, reason, message } = conditions?.find(({ type }) => type === "hawser.dev/Announced") ?? {};
  return `${status} ${reason} ${message}`;
}

type Report = Readonly<Record<string, unknown>>;

function report(node: string, more: Report = {}): void {
  world.source.says(`speaker-${node}`, { node, ready: true, standing: "Usable", announcing: [], ...more });
}

describe("an address that no member can serve", () => {
  it.each([
    {
      reasons: { NodeExcluded: 2 },
      message: /2 nodes excluded by the label node\.kubernetes\.io\/exclude-from-external-load-balancers \(remove the/,
    },
    { reasons: { NetworkUnavailable: 3 }, message: /3 nodes with the condition NetworkUnavailable \(find out/ },
    {
      reasons: { NodeNotSelected: 2 },
      message:
        /2 nodes not selected by the node selectors of its pool, in the ConfigMap or an L2Advertisement \(label a node/,
    },
    { reasons: { NoEndpoint: 2 }, message: /2 nodes without a ready endpoint.*\(find out why no pod is ready there/ },
    { reasons: { NoSubnet: 2 }, message: /2 nodes without an interface in its network \(take addresses.*--interfaces/ },
    {
      reasons: { GatewayAddress: 2 },
      message: /no speaker announces it, because it is a default gateway\.$/,
    },
    {
      reasons: { NoSubnet: 1, NodeExcluded: 2 },
      message: /: 2 nodes excluded by .*; 1 node without an interface in its network/,
    },
    { reasons: { OfALaterVersion: 1 }, message: /1 node for the reason OfALaterVersion/ },
  ])("L5 has the true reason in condition and Event, with the way out: $reasons", async ({ reasons, message }) => {
    for (const node of ["n1", "n2"]) report(node, { unowned: [{ addresses: ["192.0.2.0"], reasons }] });
    await assigned("web");
    await world.advance(MISSING_MS);
    expect(said("web")).toMatch(/^False NoEligibleNode 192\.0\.2\.0: no /);
    expect(said("web")).toMatch(message);
    const { reason, message: event } = world.source.events.at(-1) ?? {};
    const condition = said("web").replace("False NoEligibleNode ", "");
    expect([reason, event]).toEqual(["NoEligibleNode", `${condition} See hawser explain default/web.`]);
  });

  it("L5 has the reasons of each, where they differ, and other ones when the speakers report others", async () => {
    world.source.put(pools("192.0.2.0/30", "2001:db8::/120"));
    world.source.put(serviceObject("web", { spec: { ipFamilies: ["IPv4", "IPv6"] } }));
    const groups = (second: string) => [
      { addresses: ["192.0.2.0"], reasons: { NoSubnet: 1 } },
      { addresses: ["2001:db8::"], reasons: { [second]: 1 } },
    ];
    report("n1", { unowned: groups("NodeNotSelected") });
    await world.start();
    await world.advance(MISSING_MS);
    expect(said("web")).toMatch(/192\.0\.2\.0: .*without an interface.*\. 2001:db8::: .*not selected/);
    const writes = world.writes("web");
    report("n1", { unowned: groups("NodeExcluded") });
    await world.advance(REPORTS_MS);
    expect(said("web")).toMatch(/2001:db8::: .*excluded by the label/);
    report("n1", { unowned: groups("NodeExcluded") });
    await world.advance(MISSING_MS);
    expect(world.writes("web")).toBe(writes + 1);
  });
});

describe("an address that several speakers answer for", () => {
  const alone = (node: string, ...unheard: readonly string[]): Report => ({
    announcing: ["192.0.2.0"],
    members: [{ node }],
    unheard,
  });

  it("L3 shows after some seconds, with the nodes' names and what they do not hear, and goes with one owner", async () => {
    report("n1", { announcing: ["192.0.2.0"] });
    await assigned("web");
    expect(said("web")).toMatch(/^True Announced/);
    for (const node of ["n1", "n2", "n3"])
      report(node, alone(node, ...["n1", "n2", "n3"].filter((one) => one !== node)));
    await world.advance(REPORTS_MS);
    await world.advance(CONTESTED_MS - REPORTS_MS - 1);
    expect([said("web").slice(0, 14), world.writes("web")]).toEqual(["True Announced", 1]);
    await world.advance(REPORTS_MS + 1);
    expect(said("web")).toBe(
      'False MultipleOwners 192.0.2.0: the speakers of nodes "n1", "n2" and "n3" all answer. Heartbeats do not pass ' +
        'between "n1" and "n2"; "n1" and "n3"; "n2" and "n3". ' +
        "Let the heartbeats pass between all nodes, in both directions (UDP port 7946, or that of --heartbeat-port), " +
        "and see that all have the same key.",
    );
    expect(world.events("web")).toEqual(["Normal AddressAssigned", "Warning MultipleOwners"]);
    expect(await world.metric("hawser_contested_addresses")).toBe("1");
    await world.advance(10 * MISSING_MS);
    expect(world.writes("web")).toBe(2);
    for (const node of ["n2", "n3"]) report(node, { members: [{ node: "n1" }, { node: "n2" }, { node: "n3" }] });
    report("n1", { announcing: ["192.0.2.0"], members: [{ node: "n1" }, { node: "n2" }, { node: "n3" }] });
    await world.advance(REPORTS_MS);
    expect([said("web").slice(0, 14), world.writes("web")]).toEqual(["True Announced", 3]);
  });

  it("L3 shows where heartbeats pass in one direction only: the report of the one that is not heard is believed", async () => {
    report("n1", { announcing: ["192.0.2.0"], members: [{ node: "n1" }, { node: "n2" }], unheard: ["n2"] });
    report("n2", alone("n2", "n1"));
    await assigned("web");
    await world.advance(CONTESTED_MS);
    expect(said("web")).toMatch(/^False MultipleOwners 192\.0\.2\.0: the speakers of nodes "n1" and "n2" all answer\./);
  });

  it("L3 writes nothing for a moment of two owners, as in every planned move", async () => {
    report("n1", { announcing: ["192.0.2.0"] });
    await assigned("web");
    for (let move = 0; move < 5; move++) {
      for (const node of ["n1", "n2"]) report(node, { announcing: ["192.0.2.0"] });
      await world.advance(CONTESTED_MS - 1);
      report(move % 2 === 0 ? "n1" : "n2", { announcing: [] });
      await world.advance(CONTESTED_MS);
    }
    expect([said("web").slice(0, 14), world.writes("web")]).toEqual(["True Announced", 1]);
  });
});

/** A Problem as a speaker reports it. */
function problem(code: string, more: Report = {}): Report {
  const text = { what: "eth0 has one", why: "its kernel answers", fix: "Remove it", severity: "error" };
  return { code, where: "interface kube-ipvs0", ...text, ...more };
}

function holding(...addresses: readonly string[]): Report {
  return { problems: [problem("ADDRESS_ON_LOCAL_INTERFACE", { addresses })] };
}

describe("an address that another machine answers for too", () => {
  const owner = { announcing: ["192.0.2.0"] };

  it("L14 on an interface of another node is AddressOnLocalInterface after some seconds, with node, interface and fix", async () => {
    report("n1", owner);
    await assigned("web", "other");
    report("n2", holding("192.0.2.0"));
    await world.advance(REPORTS_MS);
    await world.advance(CONTESTED_MS - 1);
    expect([said("web").slice(0, 14), world.writes("web")]).toEqual(["True Announced", 1]);
    await world.advance(1);
    expect(said("web")).toBe(
      'False AddressOnLocalInterface 192.0.2.0: on interface kube-ipvs0 of node "n2": its kernel answers. Remove it.',
    );
    expect(world.events("web")).toEqual(["Normal AddressAssigned", "Warning AddressOnLocalInterface"]);
    report("n2");
    await world.advance(REPORTS_MS);
    expect([said("web").slice(0, 14), world.writes("web")]).toEqual(["True Announced", 3]);
    // The other Service has another address.
    expect(said("other")).not.toMatch(/AddressOnLocalInterface/);
  });

  it("L14 on all nodes costs one write, whichever node takes over or dies", async () => {
    const nodes = ["n1", "n2", "n3", "n4"];
    const all = (announcer: string, live: readonly string[]) => {
      for (const node of live)
        report(node, {
          ...holding("192.0.2.0"),
          ...(node === announcer ? owner : {}),
          members: live.map((one) => ({ node: one })),
        });
    };
    all("n1", nodes);
    await assigned("web");
    await world.advance(CONTESTED_MS);
    expect(said("web")).toMatch(/^False AddressOnLocalInterface 192\.0\.2\.0: on .* of node "n1" and of others: /);
    const writes = world.writes("web");
    for (const announcer of ["n2", "n3"]) {
      all(announcer, nodes);
      await world.advance(MISSING_MS);
    }
    // n1, which is named, dies.
    all("n2", ["n2", "n3", "n4"]);
    await world.advance(MISSING_MS);
    expect([said("web").slice(0, 29), world.writes("web")]).toEqual(["False AddressOnLocalInterface", writes]);
  });

  it("L14 on the interface of the node that announces it alone is Announced: clients reach the right node", async () => {
    report("n1", { ...owner, ...holding("192.0.2.0") });
    report("n2");
    await assigned("web");
    await world.advance(MISSING_MS);
    expect([said("web").slice(0, 14), world.writes("web")]).toEqual(["True Announced", 1]);
  });

  it("L14 that no speaker announces because a machine has it is AddressOnLocalInterface, with the node", async () => {
    report("n1");
    report("n2", holding("192.0.2.0"));
    await assigned("web");
    await world.advance(MISSING_MS);
    expect(said("web")).toMatch(/^False AddressOnLocalInterface 192\.0\.2\.0: on interface kube-ipvs0 of node "n2"/);
  });

  it("L3 another machine on the wire is MultipleOwners, with the machine and the fix, until it is gone", async () => {
    const found = problem("ADDRESS_HAS_TWO_OWNERS", {
      why: "M sends",
      fix: "Take it away",
      addresses: ["192.0.2.0-5"],
    });
    report("n1", owner);
    await assigned("web");
    report("n1", { ...owner, problems: [found] });
    await world.advance(REPORTS_MS);
    await world.advance(CONTESTED_MS);
    expect(said("web")).toBe("False MultipleOwners 192.0.2.0: another machine answers too: M sends. Take it away.");
    expect(world.writes("web")).toBe(2);
    report("n1", owner);
    await world.advance(REPORTS_MS);
    expect([said("web").slice(0, 14), world.writes("web")]).toEqual(["True Announced", 3]);
  });

  it("J a virtual router is VirtualRouterHasAddress, also where a machine answers by ARP, which is named first, but not of what no speaker announces", async () => {
    const where = { addresses: ["192.0.2.0-5"], fix: "Take it away" };
    const [answers, says] = [
      problem("ADDRESS_HAS_TWO_OWNERS", { why: "M sends", ...where }),
      problem("VIRTUAL_ROUTER_HAS_ADDRESS", { why: "M says so by VRRP", ...where }),
    ];
    report("n1", owner);
    report("n2", { problems: [says] });
    await assigned("web");
    await world.advance(REPORTS_MS);
    await world.advance(CONTESTED_MS);
    expect(said("web").slice(0, 14)).toBe("True Announced");
    report("n1", { ...owner, problems: [says, answers] });
    await world.advance(REPORTS_MS);
    await world.advance(CONTESTED_MS);
    expect(said("web")).toBe(
      "False VirtualRouterHasAddress 192.0.2.0: another machine answers too: M sends. Take it away. M says so by VRRP. Take it away.",
    );
    report("n1", owner);
    await world.advance(REPORTS_MS);
    expect(said("web").slice(0, 14)).toBe("True Announced");
  });

  it("G yielded to another machine is AddressYielded, with the machine and the fix, until a speaker announces it", async () => {
    const found = problem("ADDRESS_YIELDED", { why: "M answers", fix: "Take it away", addresses: ["192.0.2.0-5"] });
    report("n1", { problems: [found] });
    await assigned("web");
    await world.advance(REPORTS_MS);
    await world.advance(CONTESTED_MS);
    expect(said("web")).toBe("False AddressYielded 192.0.2.0: no speaker announces it: M answers. Take it away.");
    report("n1", owner);
    await world.advance(REPORTS_MS);
    expect(said("web").slice(0, 14)).toBe("True Announced");
  });

  it.each([
    ["L14", "ADDRESS_ON_LOCAL_INTERFACE of a speaker of an older version, which names no addresses"],
    ["L4", "INTERFACES_SHARE_NETWORK"],
    ["L3", "HEARTBEATS_NOT_HEARD"],
  ])("%s %s writes nothing on Services: each address is answered by its node", async (_, name) => {
    report("n1", owner);
    await assigned("web");
    report("n2", { problems: [problem(name.split(" ")[0] ?? "")] });
    await world.advance(REPORTS_MS);
    await world.advance(MISSING_MS);
    expect([said("web").slice(0, 14), world.writes("web")]).toEqual(["True Announced", 1]);
  });
});

describe("a Problem of a speaker", () => {
  const events = (): string[] =>
    world.source.events
      .filter(({ reason }) => reason === "SpeakerProblem")
      .map(({ about, type, message }) => `${about.kind} ${about.name} ${type}: ${message}`);

  it.each([
    ["L14", "ADDRESS_ON_LOCAL_INTERFACE"],
    ["L3", "ADDRESS_HAS_TWO_OWNERS"],
    ["L4", "INTERFACES_SHARE_NETWORK"],
    ["L3", "HEARTBEATS_NOT_HEARD"],
  ])("%s %s is one Event about the Node when it lasts, and again only after it was gone", async (_, code) => {
    report("n1", { problems: [problem(code)] });
    await assigned("web");
    await world.advance(GRACE_MS - 1);
    expect(events()).toEqual([]);
    await world.advance(1);
    const event = `Node n1 Warning: interface kube-ipvs0: eth0 has one: its kernel answers. Remove it. [${code}]`;
    expect(events()).toEqual([event]);
    report("n1", { problems: [problem(code, { what: "eth0 has two" })] });
    await world.advance(10 * MISSING_MS);
    expect(events()).toEqual([event]);
    report("n1");
    await world.advance(REPORTS_MS);
    report("n1", { problems: [problem(code)] });
    await world.advance(REPORTS_MS);
    await world.advance(GRACE_MS);
    expect(events()).toEqual([event, event]);
  });

  it("L3 of many speakers at once is a few Events a minute, and none of those that went meanwhile", async () => {
    const nodes = Array.from({ length: 20 }, (_unused, at) => `n${at + 10}`);
    const found = ["HEARTBEATS_NOT_HEARD", "SERVICE_ADDRESS_FORBIDDEN"].map((code) => problem(code));
    for (const node of nodes) report(node, { problems: found });
    await assigned("web");
    await world.advance(GRACE_MS);
    expect(events()).toHaveLength(4);
    await world.advance(59_000);
    expect(events()).toHaveLength(4);
    await world.advance(1_000);
    expect(new Set(events()).size).toBe(8);
    for (const node of nodes) report(node);
    await world.advance(REPORTS_MS);
    await world.advance(10 * MISSING_MS);
    expect(events().every((event) => event.includes("HEARTBEATS_NOT_HEARD"))).toBe(true);
    expect(events()).toHaveLength(8);
  });
});

describe("a takeover", () => {
  const round = (more: Report = {}): Report => ({
    at: START,
    cause: "MemberSilent",
    from: "n1",
    gained: 2,
    lost: 0,
    addresses: ["192.0.2.0-1"],
    ...more,
  });
  const takeovers = (): string[] =>
    world.source.events
      .filter(({ reason }) => reason === "TakenOver")
      .map(({ about, type, message }) => `${about.kind} ${about.name} ${type}: ${message}`);

  it("O5 leaves one Event for a round, about the Node that has the addresses now, and writes nothing on Services", async () => {
    report("n1", { announcing: ["192.0.2.0-1"] });
    report("n2");
    await assigned("a", "b");
    const writes = world.source.patched.length;
    world.source.says("speaker-n1", undefined);
    report("n2", { announcing: ["192.0.2.0-1"], takeovers: [round()] });
    await world.advance(REPORTS_MS);
    // It grows while it goes on.
    expect(takeovers()).toEqual([]);
    report("n2", { announcing: ["192.0.2.0-1"], takeovers: [round({ gained: 7, addresses: ["192.0.2.0-6"] })] });
    await world.advance(REPORTS_MS);
    await world.advance(SETTLED_MS);
    const first = 'Node n2 Warning: Took over 7 addresses from node "n1" (MemberSilent): 192.0.2.0-6.';
    expect([takeovers(), world.source.patched.length]).toEqual([[first], writes]);
    // The same round again, and one more: the newest comes first.
    const back = round({ at: "2026-01-01T00:20:00Z", cause: "Rebalanced", from: "n3", gained: 1, addresses: [] });
    report("n2", { announcing: ["192.0.2.0-1"], takeovers: [back, round()] });
    await world.advance(REPORTS_MS);
    await world.advance(SETTLED_MS);
    await world.advance(10 * SETTLED_MS);
    expect(takeovers()).toEqual([first, 'Node n2 Normal: Took over 1 address from node "n3" (Rebalanced).']);
  });

  it("O5 is one Event and not two: what the other side lost, or what had no owner before, is none", async () => {
    report("n1", {
      takeovers: [round({ from: "n2", gained: 0, lost: 2 }), round({ from: "", cause: "Vacant" })],
    });
    await assigned("a");
    await world.advance(SETTLED_MS);
    expect(takeovers()).toEqual([]);
  });

  it("O5 of the last minute is reported by a controller that starts, older ones are not", async () => {
    const old = round({ at: "2026-01-01T00:15:30Z", cause: "Rebalanced" });
    report("n2", { takeovers: [round({ at: "2026-01-01T00:16:10Z" }), old] });
    await assigned("a");
    await world.advance(SETTLED_MS);
    expect(takeovers()).toEqual(['Node n2 Warning: Took over 2 addresses from node "n1" (MemberSilent): 192.0.2.0-1.']);
  });
});
