import { SpeakerNetwork } from "#test/speaker/speaker-network.ts";

/** Each node announces some of them. */
const ADDRESSES = 50;
/** Until all have heard all, and nothing of that is left to say. */
const SETTLE_MS = 3_000;
/** At rest: what is counted. */
const REST_MS = 3_000;
/** After a death: long enough for all to hear of it. */
const AFTER_MS = 1_000;

/** What speakers of a cluster of one size send each other. */
export interface SimulatedMesh {
  /** Heartbeats a second that arrive at a speaker, at rest: of all on average, and of the busiest. */
  readonly heartbeats: number;
  readonly most: number;
  /** Milliseconds from the death of a node until each of its addresses is answered for. */
  readonly takeoverMs: number;
  /** Heartbeats more than at rest that a death causes, for each speaker. */
  readonly takeoverHeartbeats: number;
}

/**
 * Plays a cluster: the speakers' own code with simulated time and wires, and the real bytes of their heartbeats. Throws if
 * an address has not exactly one owner.
 */
export function simulate(nodes: number): SimulatedMesh {
  const ips = Array.from({ length: ADDRESSES }, (_, index) => `192.0.2.${index + 1}`);
  const network = new SpeakerNetwork(nodes, ips);
  network.run(SETTLE_MS);
  check(network);
  const resting = count(network, REST_MS);
  const [dead = ""] = network.owners();
  network.station(dead).isOn = false;
  const sentBefore = network.sent;
  const cutMs = network.nowMs;
  let takeoverMs = Infinity;
  network.run(AFTER_MS, () => {
    const isServed = ips.every((ip) => network.answering(ip).length === 1);
    if (isServed) takeoverMs = Math.min(takeoverMs, network.nowMs - cutMs);
  });
  check(network);
  const sent = network.sent - sentBefore;
  const atRest = (resting.heartbeats * (nodes - 1) * AFTER_MS) / 1_000;
  return { ...resting, takeoverMs, takeoverHeartbeats: (sent - atRest) / nodes };
}

function check(network: SpeakerNetwork): void {
  const wrong = network.addresses.filter((ip) => network.answering(ip).length !== 1);
  if (wrong.length > 0) throw new Error(`without exactly one owner: ${wrong.join(", ")}`);
}

function count(network: SpeakerNetwork, forMs: number): Pick<SimulatedMesh, "heartbeats" | "most"> {
  network.received.clear();
  network.run(forMs);
  const rates = network.nodes.map((node) => ((network.received.get(node) ?? 0) * 1_000) / forMs);
  return { heartbeats: rates.reduce((sum, rate) => sum + rate, 0) / rates.length, most: Math.max(...rates) };
}
