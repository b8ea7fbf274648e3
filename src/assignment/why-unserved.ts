import type { UnservedPool } from "#src/model/pool.ts";

/** Why no address of a pool is assigned, as the end of a sentence, and what its owner can do, as a sentence without its stop. */
interface WhyUnserved {
  readonly is: string;
  readonly fix: string;
}

const WHYS: Readonly<Record<UnservedPool["why"], WhyUnserved>> = {
  bgp: {
    is: "for BGP (protocol: bgp), and Hawser does not speak BGP",
    fix: "Write protocol: layer2 in the pool if the nodes are in the network of its addresses",
  },
  AddressPool: {
    is: "an AddressPool, a kind that Hawser does not read",
    fix: "Write an IPAddressPool of this name, and an L2Advertisement for it",
  },
  unusable: {
    is: "not usable as it is written",
    fix: "Fix what hawser check says of the pool",
  },
  "left-out": {
    is: "left out, because it shares its name or an address with a pool that comes first",
    fix: "Take from one of the two pools what hawser check says that they share",
  },
};

/** Why no address of a pool that is not served is assigned. */
export function whyUnserved({ why }: UnservedPool): WhyUnserved {
  return WHYS[why];
}
