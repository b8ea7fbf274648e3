// Heartbeats that another member passes on: what is believed, and what is not.
import { describe, expect, it } from "vitest";
import { Membership } from "#src/election/membership.ts";
import { memberId } from "#src/election/witnesses.ts";
import type { Heartbeat } from "#src/wire/heartbeat.ts";
import { heartbeat } from "./heartbeat.ts";

/** Our own session: that of a speaker that asks others. */
const OURS = 76n;
const TICK_MS = 10;
const BODY = { version: 2, bytes: Uint8Array.of(1, 2, 3) };
const NODES = ["n2", "n3"];
const watch = { everyMs: TICK_MS, knownVersion: 0, isDeaf: false, silent: [] };

function of(node: string, sequence: number, changes: Partial<Heartbeat> = {}): Heartbeat {
  const session = node === "n2" ? 8n : 12n;
  return heartbeat({ node, session, sequence, echo: OURS, watch, ...changes });
}

/** A membership that hears n2 and n3 until 100 ms, and from then on n3 alone, until `endMs`. */
function hearing(endMs: number): Membership {
  const made = new Membership({ session: OURS, deadAfterMs: 100, unheardAfterMs: 1_000, maxTickMs: 2 * TICK_MS });
  made.setMembers(new Set(NODES));
  for (let nowMs = 0; nowMs <= endMs; nowMs += TICK_MS) {
    made.tick(nowMs);
    if (nowMs <= 100) made.receive(of("n2", nowMs), nowMs, BODY);
    made.receive(of("n3", nowMs), nowMs, BODY);
  }
  return made;
}

/** n3 passes a heartbeat of n2 on at a time. */
function relay(subject: Membership, nowMs: number, changes: Partial<Parameters<Membership["receiveRelayed"]>[1]> = {}) {
  const head = {
    session: 12n,
    echo: OURS,
    sequence: 1_000 + nowMs,
    ageMs: 0,
    everyMs: TICK_MS,
    version: 2,
    ...changes,
  };
  return subject.receiveRelayed({ heartbeat: of("n2", nowMs, { echo: 12n }), body: BODY }, head, nowMs);
}

function livesAt(subject: Membership): readonly string[] {
  return subject.members().map(({ node }) => node);
}

describe("13 C a member that is not heard", () => {
  it("is asked for when it is suspect, of the others, and no longer once it is heard", () => {
    const subject = hearing(120);
    expect(subject.wordsTo("n3").asked).toBeUndefined();
    subject.tick(130);
    expect(subject.wordsTo("n3").asked).toEqual([memberId("n2")]);
    expect(subject.wordsTo("n2").asked).toBeUndefined();
    expect(subject.isAsking).toBe(true);
    subject.receive(of("n2", 131), 131);
    subject.tick(140);
    expect(subject.wordsTo("n3").asked).toBeUndefined();
  });

  it("lives while another one passes its heartbeats on, and dies of silence when these end", () => {
    const subject = hearing(130);
    for (let nowMs = 131; nowMs < 1_000; nowMs += TICK_MS) {
      expect(subject.tick(nowMs)).toBe(false);
      subject.receive(of("n3", nowMs), nowMs);
      expect(relay(subject, nowMs)).not.toBe("stale");
    }
    expect(livesAt(subject)).toEqual(NODES);
    let diedMs = 0;
    for (let nowMs = 1_001; diedMs === 0; nowMs += TICK_MS) {
      if (subject.tick(nowMs)) diedMs = nowMs;
      subject.receive(of("n3", nowMs), nowMs);
    }
    // The last one came at 991: silence alone is counted, by `deadAfterMs`.
    expect(diedMs - 991).toBe(100);
    expect(livesAt(subject)).toEqual(["n3"]);
    expect(subject.silent).toEqual([]);
  });

  it("is as silent as the other one says, which may have had the heartbeat for a while", () => {
    const subject = hearing(200);
    expect(livesAt(subject)).toEqual(["n3"]);
    expect(relay(subject, 200, { ageMs: 70 })).toBe("changed");
    expect(subject.tick(220)).toBe(false);
    expect(subject.tick(230)).toBe(true);
  });

  it("is heard itself again as soon as one of its own heartbeats comes", () => {
    const subject = hearing(130);
    relay(subject, 131);
    subject.tick(140);
    subject.receive(of("n2", 140), 140);
    expect(relay(subject, 141)).toBe("stale");
    // No kernel answers here: silence alone is counted.
    for (let nowMs = 150; nowMs < 240; nowMs += TICK_MS) {
      expect(subject.tick(nowMs)).toBe(false);
      subject.receive(of("n3", nowMs), nowMs);
    }
    expect(subject.tick(240)).toBe(true);
  });

  it("is reported after a while as heard through another", () => {
    const subject = hearing(130);
    for (let nowMs = 131; nowMs < 1_300; nowMs += TICK_MS) {
      subject.tick(nowMs);
      subject.receive(of("n3", nowMs), nowMs);
      relay(subject, nowMs);
    }
    expect([...subject.unheard()]).toEqual([["n2", "relayed"]]);
  });
});

describe("13 C a heartbeat that is passed on is refused", () => {
  it.each<{ name: string; changes: Parameters<typeof relay>[2]; effect?: string }>([
    { name: "of an earlier session of ours: a replay", changes: { echo: OURS + 4n } },
    { name: "of a speaker that is no member", changes: { session: 16n }, effect: "unknown-node" },
    { name: "by itself", changes: { session: 8n } },
    { name: "as old as its own last one: it may be dead", changes: { ageMs: 20 } },
  ])("$name", ({ changes, effect = "stale" }) => {
    const subject = hearing(130);
    expect(relay(subject, 130, changes)).toBe(effect);
    for (let nowMs = 140; nowMs <= 200; nowMs += TICK_MS) subject.tick(nowMs);
    expect(livesAt(subject)).not.toContain("n2");
  });

  it("a second time", () => {
    const subject = hearing(130);
    expect(relay(subject, 130)).toBe("unchanged");
    expect(relay(subject, 130)).toBe("stale");
  });

  it("behind a heartbeat of the one that passes it on, which was sent after it: somebody kept it back", () => {
    const subject = hearing(130);
    subject.receive(of("n3", 5_000), 131);
    expect(relay(subject, 132, { sequence: 4_999 })).toBe("stale");
    expect(relay(subject, 133, { sequence: 5_001 })).toBe("unchanged");
  });

  it("with a heartbeat that is older than the last one", () => {
    const subject = hearing(130);
    const head = { session: 12n, echo: OURS, sequence: 5_000, ageMs: 0, everyMs: TICK_MS, version: 2 };
    expect(subject.receiveRelayed({ heartbeat: of("n2", 100), body: BODY }, head, 130)).toBe("stale");
  });

  it("while the member is heard itself", () => {
    expect(relay(hearing(100), 101)).toBe("stale");
  });

  it("by one that is dead, or heard through another itself", () => {
    const dead = hearing(130);
    for (let nowMs = 140; nowMs < 400; nowMs += TICK_MS) dead.tick(nowMs);
    expect(relay(dead, 400)).toBe("stale");
  });
});

describe("13 C relaysFor()", () => {
  it("passes on the last heartbeat of those that are heard, with its age and the slower of both promises", () => {
    const subject = hearing(100);
    subject.receive(of("n3", 101, { watch: { ...watch, everyMs: 20 } }), 101);
    const asked = [memberId("n2"), memberId("stranger")];
    expect(subject.relaysFor("n3", asked, 104)).toEqual([{ body: BODY, ageMs: 4, everyMs: 20 }]);
  });

  it("passes on nothing that may have lain unread while this speaker did not run: its sender may be dead", () => {
    const subject = hearing(100);
    subject.receive(of("n2", 101), 140, BODY);
    expect(subject.relaysFor("n3", [memberId("n2")], 140)).toEqual([]);
    subject.tick(141);
    subject.receive(of("n2", 142), 142, BODY);
    expect(subject.relaysFor("n3", [memberId("n2")], 142)).toEqual([]);
    subject.tick(150);
    subject.receive(of("n2", 151), 151, BODY);
    expect(subject.relaysFor("n3", [memberId("n2")], 152)).toEqual([{ body: BODY, ageMs: 1, everyMs: TICK_MS }]);
  });

  it("passes on nothing of one that is suspect, dead, or heard through another", () => {
    expect(hearing(130).relaysFor("n3", [memberId("n2")], 130)).toEqual([]);
    expect(hearing(300).relaysFor("n3", [memberId("n2")], 300)).toEqual([]);
    const relayed = hearing(130);
    relay(relayed, 131);
    expect(relayed.relaysFor("n3", [memberId("n2")], 131)).toEqual([]);
  });
});
