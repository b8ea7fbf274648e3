// Partitions of every form, on simulated wires: who answers meanwhile, and that one does within a second of their end.
import { describe, expect, it } from "vitest";
import { atRest, type SpeakerNetwork } from "./speaker-network.ts";

const VIPS = Array.from({ length: 12 }, (_, index) => `192.0.2.${index + 1}`);
/** All members are heard slowly once a second, and one that comes back tells all at once. */
const HEALED_MS = 1_000;

interface Partition {
  readonly name: string;
  readonly size: number;
  part(network: SpeakerNetwork): void;
  /** Answers for one address, at most, while it lasts. */
  readonly most: number;
}

const partitions: readonly Partition[] = [
  { name: "one alone of three", size: 3, part: (network) => network.part(["n1"], ["n2", "n3"]), most: 2 },
  { name: "two halves of four", size: 4, part: (network) => network.part(["n1", "n2"], ["n3", "n4"]), most: 2 },
  {
    name: "three parts of six",
    size: 6,
    part: (network) => network.part(["n1"], ["n2", "n3"], ["n4", "n5", "n6"]),
    most: 3,
  },
  {
    name: "two parts of twelve",
    size: 12,
    part: (network) => network.part(network.nodes.slice(0, 5), network.nodes.slice(5)),
    most: 2,
  },
  { name: "one that is not heard by another", size: 3, part: (network) => network.cut("n1", "n2"), most: 2 },
  {
    name: "one that hears no other",
    size: 4,
    part: (network) => network.nodes.forEach((node) => network.cut(node, "n1")),
    most: 2,
  },
  {
    name: "two that do not hear each other, and others that hear both",
    size: 4,
    part: (network) => {
      network.cut("n1", "n2");
      network.cut("n2", "n1");
    },
    most: 2,
  },
];

describe("13 C partitions", () => {
  it.each(partitions)(
    "$name: each address is answered for all the time, by one within a second of the end, and stays there",
    (given) => {
      const network = atRest(given.size, VIPS);
      network.run(2_000);
      given.part(network);
      let most = 0;
      network.run(5_000, () => {
        for (const ip of VIPS) {
          const { length } = network.answering(ip);
          expect(length).toBeGreaterThan(0);
          most = Math.max(most, length);
        }
      });
      expect(most).toBeLessThanOrEqual(given.most);
      network.heal();
      network.run(HEALED_MS);
      const owners = network.owners();
      expect(owners.every((owner) => network.nodes.includes(owner))).toBe(true);
      network.run(5_000, () => expect(network.owners()).toEqual(owners));
    },
  );

  it("a majority keeps what it has, and the smaller part yields", () => {
    const network = atRest(5, VIPS);
    network.run(2_000);
    const before = network.owners();
    network.part(["n1", "n2"], ["n3", "n4", "n5"]);
    network.run(2_000);
    network.heal();
    network.run(HEALED_MS);
    const kept = before.filter((owner) => ["n3", "n4", "n5"].includes(owner)).length;
    const after = network.owners().filter((owner, index) => owner === before[index] && owner > "n2").length;
    expect(after).toBe(kept);
  });
});
