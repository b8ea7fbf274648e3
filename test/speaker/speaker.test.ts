import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ip, printIp } from "#src/ip/address.ts";
import { parseCidr } from "#src/ip/cidr.ts";
import { decodeHeartbeat, encodeHeartbeat, type Heartbeat } from "#src/wire/heartbeat.ts";
import { CounterSet } from "#speaker/counter-set.ts";
import { Speaker } from "#speaker/speaker.ts";

const TICK_MS = 20;
const DEAD_AFTER_MS = 100;
const key = new TextEncoder().encode("a key for heartbeats");
const lan = parseCidr("192.0.2.0/24") ?? expect.fail("a CIDR");

interface Station {
  readonly name: string;
  readonly speaker: Speaker;
  readonly answers: Set<string>;
  readonly announced: { ip: string; atMs: number }[];
  isOn: boolean;
  hasLeft: boolean;
}

/** Speakers on one network without sockets: signed bytes are delivered at once, to whoever the cut does not part. */
class Network {
  nowMs = 0;
  readonly stations = new Map<string, Station>();
  readonly addresses: readonly string[];
  readonly #nodes: readonly string[];
  #sides: readonly ReadonlySet<string>[] = [];
  #sessions = 1n;

  constructor(size: number, addresses: readonly string[]) {
    this.addresses = addresses;
    this.#nodes = Array.from({ length: size }, (_, index) => `n${index + 1}`);
    for (const node of this.#nodes) this.boot(node);
  }

  boot(name: string): void {
    const answers = new Set<string>();
    const station: Station = {
      name,
      answers,
      announced: [],
      isOn: true,
      hasLeft: false,
      speaker: this.#speaker(name, answers),
    };
    this.stations.set(name, station);
    const peers = this.#nodes
      .filter((node) => node !== name)
      .map((node) => ({ node, address: node, family: "ipv4" as const }));
    const wanted = this.addresses.map((ip) => ({ ip, nodes: undefined }));
    station.speaker.handle({ kind: "cluster", wanted, peers }, this.nowMs);
  }

  #speaker(name: string, answers: Set<string>): Speaker {
    const session = this.#sessions++;
    let sequence = 0;
    return new Speaker({
      settings: {
        node: name,
        heartbeatPort: 7946,
        heartbeatEveryMs: TICK_MS,
        deadAfterMs: DEAD_AFTER_MS,
        failBackAfterMs: undefined,
        interfaces: [],
        heartbeatKeys: [key],
      },
      counters: new CounterSet(),
      chance: () => 0.5,
      post: (message) => {
        const station = this.stations.get(name);
        if (message.kind === "left" && station !== undefined) station.hasLeft = true;
      },
      heartbeats: {
        session,
        send: (peers, { claims, ...own }, { sessionOf }) => {
          sequence++;
          for (const { node } of peers) {
            const sent = {
              ...own,
              node: name,
              session,
              echo: sessionOf(node),
              sequence,
              chunk: 0,
              chunks: 1,
              claims: [...claims.values()],
            };
            this.#deliver(name, node, sent);
          }
        },
      },
      responders: {
        subnets: () => [lan],
        links: () => [],
        setAnnounced: (wanted) => {
          answers.clear();
          for (const key of wanted.keys()) answers.add(key);
        },
        announce: (ip: Ip) => {
          this.stations.get(name)?.announced.push({ ip: printIp(ip), atMs: this.nowMs });
        },
      },
    });
  }

  #deliver(from: string, to: string, heartbeat: Heartbeat): void {
    const [sender, receiver] = [this.stations.get(from), this.stations.get(to)];
    if (receiver === undefined || !receiver.isOn || sender?.isOn === false || this.#areParted(from, to)) return;
    const decoded = decodeHeartbeat(encodeHeartbeat(heartbeat, key), [key]);
    if (decoded.ok) receiver.speaker.receive(decoded.heartbeat, this.nowMs);
  }

  #areParted(left: string, right: string): boolean {
    return this.#sides.some((side) => side.has(left) !== side.has(right));
  }

  part(nodes: readonly string[]): void {
    this.#sides = [new Set(nodes)];
  }

  heal(): void {
    this.#sides = [];
  }

  /** Lets time pass, tick by tick; `check` is called after each. */
  run(durationMs: number, check: () => void = () => undefined): void {
    for (const end = this.nowMs + durationMs; this.nowMs < end;) {
      this.nowMs += TICK_MS;
      for (const { isOn, hasLeft, speaker } of this.stations.values()) if (isOn && !hasLeft) speaker.tick(this.nowMs);
      check();
    }
  }

  /** Who answers for an address, of those that are on. */
  answering(ip: string): string[] {
    return [...this.stations.values()]
      .filter(({ isOn, hasLeft, answers }) => isOn && !hasLeft && answers.has(ip))
      .map(({ name }) => name);
  }

  owners(): string[] {
    return this.addresses.map((ip) => this.answering(ip).join("+"));
  }

  station(name: string): Station {
    return this.stations.get(name) ?? expect.fail(`no station ${name}`);
  }
}

const sizes = fc.integer({ min: 2, max: 6 });
const addresses = fc
  .uniqueArray(fc.integer({ min: 1, max: 254 }), { minLength: 1, maxLength: 8 })
  .map((lasts) => lasts.map((last) => `192.0.2.${last}`));

/** A network that has come to rest: everybody has heard everybody. */
function atRest(size: number, ips: readonly string[]): Network {
  const network = new Network(size, ips);
  network.run(200);
  return network;
}

describe("Speaker", () => {
  it("comes to exactly one answer for each address within ten ticks of a common start", () => {
    fc.assert(
      fc.property(sizes, addresses, (size, ips) => {
        const network = atRest(size, ips);
        for (const ip of ips) expect(network.answering(ip)).toHaveLength(1);
      }),
      { numRuns: 50 },
    );
  });

  it("alone it stands for election once the wait for the others is over", () => {
    const network = new Network(3, ["192.0.2.1"]);
    for (const node of ["n2", "n3"]) network.station(node).isOn = false;
    network.run(980);
    expect(network.answering("192.0.2.1")).toEqual([]);
    network.run(40);
    expect(network.answering("192.0.2.1")).toEqual(["n1"]);
  });

  it("takes over what a dead node held within the dead time and two ticks, and announces it at once", () => {
    fc.assert(
      fc.property(sizes, addresses, fc.nat(), (size, ips, which) => {
        const network = atRest(size, ips);
        const before = network.owners();
        const dead = network.station(before[which % ips.length] ?? "");
        dead.isOn = false;
        const cutMs = network.nowMs;
        network.run(DEAD_AFTER_MS + 2 * TICK_MS);
        ips.forEach((ip, index) => {
          const [owner = "", ...others] = network.answering(ip);
          expect(others).toEqual([]);
          if (before[index] !== dead.name) return expect(owner).toBe(before[index]);
          const rounds = network.station(owner).announced.filter((round) => round.ip === ip && round.atMs > cutMs);
          return expect(rounds.length).toBeGreaterThan(0);
        });
      }),
      { numRuns: 50 },
    );
  });

  it("never leaves an address unanswered while a node leaves, and the leaver knows when it is done", () => {
    fc.assert(
      fc.property(sizes, addresses, fc.nat(), (size, ips, which) => {
        const network = atRest(size, ips);
        const leaver = network.station(network.owners()[which % ips.length] ?? "");
        leaver.speaker.handle({ kind: "leave" }, network.nowMs);
        const check = (): void => ips.forEach((ip) => expect(network.answering(ip).length).toBeGreaterThan(0));
        check();
        network.run(200, check);
        expect(leaver.hasLeft).toBe(true);
        for (const ip of ips) expect(network.answering(ip)).not.toContain(leaver.name);
      }),
      { numRuns: 50 },
    );
  });

  it("does not move an address back when its first owner returns", () => {
    const network = atRest(3, ["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
    const [first = ""] = network.owners();
    network.station(first).isOn = false;
    network.run(300);
    const moved = network.owners();
    network.boot(first);
    network.run(2_000);
    expect(network.owners()).toEqual(moved);
  });

  it("answers on both sides of a partition, and on one within three ticks of its end", () => {
    fc.assert(
      fc.property(sizes, addresses, fc.nat(), (size, ips, which) => {
        const network = atRest(size, ips);
        const cut = (which % (size - 1)) + 1;
        network.part(Array.from({ length: cut }, (_, index) => `n${index + 1}`));
        network.run(400);
        for (const ip of ips) expect(network.answering(ip)).toHaveLength(2);
        network.heal();
        network.run(3 * TICK_MS);
        for (const ip of ips) expect(network.answering(ip)).toHaveLength(1);
      }),
      { numRuns: 50 },
    );
  });

  it("announces again after 0.1, 0.5, 1.1, 2.5 and 5 s, then within two minutes", () => {
    const network = atRest(2, ["192.0.2.1"]);
    network.run(6_000);
    const [owner = ""] = network.answering("192.0.2.1");
    const rounds = network.station(owner).announced.map(({ atMs }) => atMs);
    expect(rounds.map((atMs) => atMs - (rounds[0] ?? 0))).toEqual([0, 100, 500, 1_100, 2_500, 5_000]);
    network.run(120_000);
    expect(network.station(owner).announced.length).toBeGreaterThan(6);
  });

  it("withdraws an address that is no longer wanted", () => {
    const network = atRest(2, ["192.0.2.1"]);
    const [owner = ""] = network.answering("192.0.2.1");
    network.station(owner).speaker.handle({ kind: "cluster", wanted: [], peers: [] }, network.nowMs);
    expect(network.station(owner).answers.size).toBe(0);
  });
});
