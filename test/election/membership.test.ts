import { describe, expect, it } from "vitest";
import { parseIp } from "#src/ip/address.ts";
import { Membership } from "#src/election/membership.ts";
import { heartbeat, OURS } from "./heartbeat.ts";

function claimOf(text: string, term = 1) {
  return { ip: parseIp(text) ?? expect.fail("an address"), term, majority: true };
}

function membership(nodes: string[] = ["n2"]): Membership {
  const made = new Membership({ session: OURS, deadAfterMs: 100, unheardAfterMs: 1_000, maxTickMs: 40 });
  made.setMembers(new Set(nodes));
  made.tick(0);
  return made;
}

/** Ticks every 20 ms from `from` to `to`; true if somebody died on the way. */
function tickThrough(subject: Membership, from: number, to: number): boolean {
  let died = false;
  for (let at = from; at <= to; at += 20) died = subject.tick(at) || died;
  return died;
}

describe("Membership.receive()", () => {
  it("takes a member for live once it echoes our session, not before", () => {
    const subject = membership();
    expect(subject.receive(heartbeat({ echo: 0n }), 0)).toBe("stale");
    expect(subject.members()).toHaveLength(0);
    expect(subject.echoTo("n2")).toBe(5n);
    expect(subject.receive(heartbeat({ sequence: 2 }), 1)).toBe("changed");
    expect(subject.members().map(({ node }) => node)).toEqual(["n2"]);
  });

  it("ignores nodes that are not members", () => {
    expect(membership().receive(heartbeat({ node: "stranger" }), 0)).toBe("unknown-node");
  });

  it("ignores a repeated or older sequence number", () => {
    const subject = membership();
    subject.receive(heartbeat({ sequence: 9 }), 0);
    expect(subject.receive(heartbeat({ sequence: 9, leaving: true }), 1)).toBe("stale");
    expect(subject.receive(heartbeat({ sequence: 8, leaving: true }), 1)).toBe("stale");
    expect(subject.members()[0]?.leaving).toBe(false);
  });

  it("says unchanged when a heartbeat tells nothing new", () => {
    const subject = membership();
    subject.receive(heartbeat(), 0);
    expect(subject.receive(heartbeat({ sequence: 2 }), 20)).toBe("unchanged");
    expect(subject.receive(heartbeat({ sequence: 3, leaving: true }), 40)).toBe("changed");
  });

  it("takes a restarted member in, and refuses its earlier session from then on", () => {
    const subject = membership();
    subject.receive(heartbeat({ claims: [claimOf("192.0.2.1")] }), 0);
    expect(subject.receive(heartbeat({ session: 6n, claimsVersion: 9 }), 10)).toBe("changed");
    expect(subject.members()[0]?.claims.size).toBe(0);
    expect(subject.receive(heartbeat({ session: 5n, sequence: 50 }), 20)).toBe("stale");
  });

  it("comes back to a session that a late datagram of an earlier one pushed out before it was live", () => {
    const subject = membership();
    subject.receive(heartbeat({ session: 6n, echo: 0n, sequence: 3 }), 0);
    subject.receive(heartbeat({ session: 5n, echo: 0n, sequence: 900 }), 10);
    expect(subject.receive(heartbeat({ session: 6n, sequence: 3 }), 20)).toBe("stale");
    expect(subject.receive(heartbeat({ session: 6n, sequence: 4 }), 20)).toBe("changed");
    expect(subject.echoTo("n2")).toBe(6n);
  });

  it("does not let a recorded session push out a live one", () => {
    const subject = membership();
    subject.receive(heartbeat(), 0);
    expect(subject.receive(heartbeat({ session: 3n, echo: 12n, sequence: 900 }), 10)).toBe("stale");
    expect(subject.echoTo("n2")).toBe(5n);
    expect(subject.receive(heartbeat({ sequence: 2 }), 20)).toBe("unchanged");
  });
});

describe("Membership.tick()", () => {
  it("waits longer for a member that says it stalled lately, by as much as that", () => {
    const subject = membership();
    subject.receive(heartbeat({ stallMs: 150 }), 0);
    expect(tickThrough(subject, 20, 240)).toBe(false);
    expect(subject.tick(260)).toBe(true);
  });

  it("declares a member dead after the silence that was set, once", () => {
    const subject = membership();
    subject.receive(heartbeat(), 0);
    expect(tickThrough(subject, 20, 80)).toBe(false);
    expect(subject.tick(100)).toBe(true);
    expect(subject.members()).toHaveLength(0);
    expect(tickThrough(subject, 120, 400)).toBe(false);
  });

  it("does not take others for dead when it was itself asleep", () => {
    const subject = membership();
    subject.receive(heartbeat(), 0);
    expect(subject.tick(5_000)).toBe(false);
    subject.receive(heartbeat({ sequence: 2 }), 5_001);
    expect(tickThrough(subject, 5_020, 5_080)).toBe(false);
  });

  it("L3 names a member that it has not heard for a while, and whether that member hears it", () => {
    const subject = membership(["n2", "n3", "n4"]);
    let sequence = 1;
    for (let at = 20; at <= 1_500; at += 20) {
      sequence += 1;
      subject.receive(heartbeat({ node: "n3", sequence }), at);
      // n4 has heard no session of ours: its heartbeats arrive, ours do not.
      subject.receive(heartbeat({ node: "n4", sequence, echo: 0n }), at);
      subject.tick(at);
      if (at < 1_000) expect(subject.unheard()).toEqual(new Map());
    }
    expect(subject.unheard()).toEqual(
      new Map([
        ["n2", "silent"],
        ["n4", "deaf"],
      ]),
    );
    subject.receive(heartbeat({ node: "n2" }), 1_520);
    subject.receive(heartbeat({ node: "n4", sequence: sequence + 1 }), 1_520);
    expect(subject.unheard()).toEqual(new Map());
  });

  it("L3 tells a member now and then that it does not hear it, and knows of one that says so and lives", () => {
    const subject = membership(["n2", "n3"]);
    let sequence = 1;
    subject.receive(heartbeat({ node: "n2" }), 0);
    const echoes: bigint[] = [];
    for (let at = 20; at <= 3_000; at += 20) {
      sequence += 1;
      // n3 lives, and says in one heartbeat of ten that it does not hear us.
      subject.receive(heartbeat({ node: "n3", sequence, ...(sequence % 10 === 0 ? { echo: 0n } : {}) }), at);
      subject.tick(at);
      echoes.push(subject.echoTo("n2"));
    }
    expect(subject.unheard()).toEqual(
      new Map([
        ["n2", "silent"],
        ["n3", "deaf"],
      ]),
    );
    expect(subject.members().map(({ node }) => node)).toEqual(["n3"]);
    expect(new Set(echoes.slice(0, 48))).toEqual(new Set([5n]));
    expect(echoes.slice(50).filter((echo) => echo === 0n)).toHaveLength(4);
  });

  it("L3 is not kept from it by replays of earlier sessions", () => {
    const subject = membership(["n2"]);
    for (let at = 20; at <= 2_000; at += 20) {
      subject.receive(heartbeat({ session: 500n + BigInt(at), sequence: 1, echo: 0n }), at);
      subject.tick(at);
    }
    expect([...subject.unheard().keys()]).toEqual(["n2"]);
  });

  it("forgets a node that is no longer a member", () => {
    const subject = membership(["n2", "n3"]);
    subject.receive(heartbeat(), 0);
    expect(subject.setMembers(new Set(["n3"]))).toBe(true);
    expect(subject.members()).toHaveLength(0);
    expect(subject.setMembers(new Set(["n3"]))).toBe(false);
  });

  it("takes nothing old from a node that it forgot and knows again", () => {
    const subject = membership(["n2", "n3"]);
    subject.receive(heartbeat({ sequence: 5 }), 0);
    subject.setMembers(new Set(["n3"]));
    expect(subject.receive(heartbeat({ sequence: 6 }), 1)).toBe("unknown-node");
    subject.setMembers(new Set(["n2", "n3"]));
    expect(subject.receive(heartbeat({ sequence: 4 }), 2)).toBe("stale");
    expect(subject.members()).toHaveLength(0);
    expect(subject.receive(heartbeat({ sequence: 7 }), 3)).toBe("changed");
  });
});

describe("claims in chunks", () => {
  const first = { claimsVersion: 2, chunk: 0, chunks: 2, claims: [claimOf("192.0.2.1")] };
  const second = { claimsVersion: 2, chunk: 1, chunks: 2, claims: [claimOf("192.0.2.2")] };
  const claimsOf = (subject: Membership): string[] => [...(subject.members()[0]?.claims.keys() ?? [])];

  it("counts a new claim as soon as its chunk is here, in any order", () => {
    const subject = membership();
    subject.receive(heartbeat({ sequence: 1, ...second }), 0);
    expect(claimsOf(subject)).toEqual(["192.0.2.2"]);
    expect(subject.isComplete()).toBe(false);
    subject.receive(heartbeat({ sequence: 2, ...first }), 1);
    expect(claimsOf(subject).sort()).toEqual(["192.0.2.1", "192.0.2.2"]);
    expect(subject.isComplete()).toBe(true);
  });

  it("does not keep more and more claims of a member that never finishes its chunks", () => {
    const subject = membership();
    let withdrawn = 0;
    for (let version = 2; version < 200; version += 1) {
      const claims = Array.from({ length: 28 }, (_, index) => claimOf(`10.0.${version}.${index}`));
      subject.receive(heartbeat({ sequence: version, claimsVersion: version, chunk: 0, chunks: 2, claims }), 0);
      withdrawn += [...subject.takeClaimed()].filter((key) => !claimsOf(subject).includes(key)).length;
      expect(claimsOf(subject).length).toBeLessThanOrEqual(4 * 28);
    }
    // Each that is no longer believed is one that elections look at again.
    expect(withdrawn + claimsOf(subject).length).toBe(198 * 28);
  });

  it("takes no claims of a member that promises more chunks than a cluster has addresses", () => {
    const subject = membership();
    const promise = { claimsVersion: 2, chunks: 65_535, claims: [claimOf("192.0.2.1")] };
    expect(subject.receive(heartbeat({ ...promise, chunk: 0 }), 0)).toBe("changed");
    expect(subject.receive(heartbeat({ ...promise, sequence: 2, chunk: 1 }), 1)).toBe("unchanged");
    expect(claimsOf(subject)).toEqual([]);
  });

  it("counts a claim as withdrawn only when all chunks of the new set are here", () => {
    const subject = membership();
    subject.receive(heartbeat({ sequence: 1, claimsVersion: 1, claims: [claimOf("192.0.2.9")] }), 0);
    subject.receive(heartbeat({ sequence: 2, ...first }), 1);
    expect(claimsOf(subject)).toContain("192.0.2.9");
    subject.receive(heartbeat({ sequence: 3, ...second }), 2);
    expect(claimsOf(subject).sort()).toEqual(["192.0.2.1", "192.0.2.2"]);
  });

  it("drops the half of a set that was overtaken by another", () => {
    const subject = membership();
    subject.receive(heartbeat({ sequence: 1, ...first }), 0);
    subject.receive(heartbeat({ sequence: 2, claimsVersion: 3, claims: [claimOf("192.0.2.3")] }), 1);
    expect(claimsOf(subject)).toEqual(["192.0.2.3"]);
  });
});

describe("members that are not watched closely", () => {
  const words = { everyMs: 1_000, knownVersion: 0, isDeaf: false, silent: [] as readonly bigint[] };
  const close = { ...words, everyMs: 20 };

  it("A3 one that promises a heartbeat a second lives for five, and is not called silent by this speaker then", () => {
    const subject = membership();
    subject.receive(heartbeat({ watch: words }), 0);
    expect(tickThrough(subject, 20, 4_980)).toBe(false);
    expect(subject.tick(5_000)).toBe(true);
    expect(subject.silent).toEqual([]);
  });

  it("13 C a promise is believed up to two ticks for each member, and a second at least: else its sender would never be dead", () => {
    const subject = membership();
    subject.receive(heartbeat({ watch: { ...words, everyMs: 65_535 } }), 0);
    expect(tickThrough(subject, 20, 4_980)).toBe(false);
    expect(subject.tick(5_000)).toBe(true);
  });

  it("A3 one that promises one at each tick is dead as soon as one of version 1, and is called silent until it is heard", () => {
    const subject = membership();
    subject.receive(heartbeat({ session: 8n, watch: close }), 0);
    expect(tickThrough(subject, 20, 100)).toBe(true);
    expect(subject.silent).toEqual([8n]);
    subject.receive(heartbeat({ session: 8n, sequence: 2, watch: close }), 120);
    subject.tick(140);
    expect(subject.silent).toEqual([]);
    expect(tickThrough(subject, 160, 61_000)).toBe(true);
    expect(subject.silent).toEqual([]);
  });

  it("A3 the promise of the last heartbeat counts, in both directions", () => {
    const subject = membership();
    subject.receive(heartbeat({ session: 8n, watch: close }), 0);
    subject.receive(heartbeat({ session: 8n, sequence: 2, watch: words }), 10);
    expect(tickThrough(subject, 20, 500)).toBe(false);
    subject.receive(heartbeat({ session: 8n, sequence: 3, watch: close }), 510);
    expect(tickThrough(subject, 520, 640)).toBe(true);
  });

  /** n2 is heard slowly; n3, n4 and n5 report what they are given. */
  function reported(reports: readonly (readonly [node: string, silent: readonly bigint[]])[], { heardMs = 0 } = {}) {
    const subject = membership(["n2", "n3", "n4", "n5"]);
    for (const [index, node] of ["n2", "n3", "n4", "n5"].entries())
      subject.receive(heartbeat({ node, session: BigInt(2 * index + 2), watch: words }), 0);
    tickThrough(subject, 20, 500);
    let sequence = 1;
    for (const [node, silent] of reports) {
      sequence += 1;
      const session = BigInt(2 * Number(node.slice(1)) - 2);
      subject.receive(heartbeat({ node, session, sequence, watch: { ...words, silent } }), 500);
    }
    if (heardMs > 0) subject.receive(heartbeat({ node: "n2", session: 2n, sequence: 2, watch: words }), heardMs);
    return { subject, died: tickThrough(subject, 520, 700) };
  }

  it.each([
    {
      name: "two report it",
      reports: [
        ["n3", [2n]],
        ["n4", [2n]],
      ],
      dies: true,
    },
    {
      name: "one reports it, twice",
      reports: [
        ["n3", [2n]],
        ["n3", [2n]],
      ],
      dies: false,
    },
    {
      name: "two report another session",
      reports: [
        ["n3", [20n]],
        ["n4", [20n]],
      ],
      dies: false,
    },
    {
      name: "one of two takes it back",
      reports: [
        ["n3", [2n]],
        ["n3", []],
        ["n4", [2n]],
      ],
      dies: false,
    },
    {
      name: "one reports it and all others that watch it",
      reports: [["n3", [2n, 6n, 8n]]],
      dies: true,
    },
    {
      name: "one reports it and all others that watch it but for one",
      reports: [["n3", [2n, 6n]]],
      dies: false,
    },
    {
      name: "it was heard since",
      reports: [
        ["n3", [2n]],
        ["n4", [2n]],
      ],
      heardMs: 510,
      dies: false,
    },
  ] as const)("A3 when $name, a slow member is dead: $dies", ({ reports, dies, ...rest }) => {
    const { subject, died } = reported(reports, rest);
    expect(died).toBe(dies);
    expect(subject.members().some(({ node }) => node === "n2")).toBe(!dies);
    // Those that believe it do not say it on their own account.
    expect(subject.silent).toEqual([]);
  });

  it("A3 forgets what a member reported that is gone, or has restarted", () => {
    const { subject } = reported([["n3", [2n]]]);
    subject.receive(heartbeat({ node: "n3", session: 40n, watch: words }), 710);
    subject.receive(heartbeat({ node: "n4", session: 6n, sequence: 9, watch: { ...words, silent: [2n] } }), 710);
    expect(tickThrough(subject, 720, 900)).toBe(false);
    subject.setMembers(new Set(["n2", "n3", "n5"]));
    subject.receive(heartbeat({ node: "n5", session: 8n, sequence: 9, watch: { ...words, silent: [2n] } }), 910);
    expect(tickThrough(subject, 920, 1_100)).toBe(false);
  });

  it("A3 believes no replayed report", () => {
    const { subject } = reported([["n3", [2n]]]);
    const replay = heartbeat({ node: "n4", session: 6n, sequence: 1, watch: { ...words, silent: [2n] } });
    const ofAnother = heartbeat({ node: "n4", session: 6n, echo: 5n, sequence: 9, watch: { ...words, silent: [2n] } });
    expect([replay, ofAnother].map((one) => subject.receive(one, 710))).toEqual(["stale", "stale"]);
    expect(tickThrough(subject, 720, 900)).toBe(false);
  });

  it.each([
    { name: "a few fell silent", heard: 5, silent: 3, isCutOff: false },
    { name: "most fell silent", heard: 5, silent: 4, isCutOff: true },
    { name: "it was given many members that it never heard", heard: 5, silent: 0, unknown: 10, isCutOff: false },
    { name: "most fell silent a minute ago", heard: 5, silent: 4, forMs: 60_000, isCutOff: false },
  ])("A3 when $name, this speaker is cut off: $isCutOff", ({ heard, silent, unknown = 0, forMs = 100, isCutOff }) => {
    const nodes = Array.from({ length: heard + unknown }, (_, index) => `n${index + 2}`);
    const subject = membership(nodes);
    const hear = (from: number, atMs: number): void => {
      for (const node of nodes.slice(from, heard))
        subject.receive(heartbeat({ node, session: 8n, sequence: 1 + atMs, watch: close }), atMs);
    };
    hear(0, 0);
    for (let atMs = 20; atMs <= forMs; atMs += 20) {
      subject.tick(atMs);
      hear(silent, atMs);
    }
    expect(subject.isCutOff).toBe(isCutOff);
  });

  it("A3 L3 one that says it is deaf is so until it says otherwise, and lives", () => {
    const subject = membership();
    subject.receive(heartbeat({ session: 8n, watch: { ...words, isDeaf: true } }), 0);
    expect(subject.unheard()).toEqual(new Map([["n2", "deaf"]]));
    expect(subject.members()).toHaveLength(1);
    subject.receive(heartbeat({ session: 8n, sequence: 2, watch: words }), 10);
    expect(subject.unheard()).toEqual(new Map());
  });

  it("A3 a member of version 1 is one until a minute after it was heard", () => {
    const subject = membership();
    subject.receive(heartbeat({ session: 9n }), 0);
    tickThrough(subject, 20, 59_000);
    expect(subject.hearsVersion1()).toBe(true);
    tickThrough(subject, 59_020, 61_000);
    expect(subject.hearsVersion1()).toBe(false);
  });

  it("A3 no replay makes a member of version 1", () => {
    const subject = membership(["n2", "n3"]);
    subject.receive(heartbeat({ node: "n2", session: 9n, echo: 12n }), 0);
    subject.receive(heartbeat({ node: "n3", session: 8n, watch: close }), 0);
    subject.receive(heartbeat({ node: "n3", session: 7n, echo: 12n, sequence: 900 }), 20);
    tickThrough(subject, 20, 300);
    subject.receive(heartbeat({ node: "n3", session: 7n, echo: 12n, sequence: 901 }), 320);
    expect(subject.hearsVersion1()).toBe(false);
    subject.receive(heartbeat({ node: "n2", session: 9n, sequence: 2 }), 340);
    expect(subject.hearsVersion1()).toBe(true);
  });
});
