import type { BgpAdvertisement } from "#src/model/advertisement.ts";
import { child, type Field, hasRoom, quote, readList } from "#src/model/field.ts";
import type { BgpAdvertisementResource } from "#src/model/metallb/bgp-advertisement.ts";
import type { Resource } from "#src/model/metallb/resource.ts";
import { nearest } from "#src/model/nearest.ts";
import { parseCommunity } from "#src/model/parse-community.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Problem } from "#src/model/problem.ts";
import { type BgpParts, complainOfMisfit, type PlacedAdvertisement } from "./bgp-parts.ts";
import { complainOfAggregation } from "./complain-of-aggregation.ts";
import { complainOfEchoes } from "./complain-of-echoes.ts";
import { complainOfLocalPrefs } from "./complain-of-local-prefs.ts";
import { complainOfSessions } from "./complain-of-sessions.ts";
import type { CustomResources } from "./custom-resources.ts";

/** What the objects of metallb.io came to, as far as BGP needs it. */
export interface BgpResources {
  readonly peers: CustomResources["BGPPeer"];
  readonly profiles: CustomResources["BFDProfile"];
  readonly advertisements: readonly { readonly resource: BgpAdvertisementResource; readonly rule: BgpAdvertisement }[];
  /** Those in use. */
  readonly pools: readonly Pool[];
  /** Values by alias. */
  readonly communities: ReadonlyMap<string, string>;
}

const KEYS = {
  peerAddress: "peerAddress",
  interface: "interface",
  myAsn: "myASN",
  routerId: "routerID",
  bfdProfile: "bfdProfile",
  localPref: "localPref",
} as const;

/** Warns of objects for BGP that do not fit together, by the rules that MetalLB checks them by as a whole. */
export function complainOfBgpResources(read: BgpResources, problems: Problem[]): void {
  const placed = ({ root, name }: Resource, kind: string): { readonly field: Field; readonly title: string } => {
    return { field: { ...child(root, "spec"), problems }, title: `${kind} ${quote(name)}` };
  };
  const advertisements = read.advertisements.map(({ resource, rule }): PlacedAdvertisement => {
    return { rule, ...placed(resource, "BGPAdvertisement") };
  });
  const parts: BgpParts = {
    peers: read.peers.map((one) => ({ peer: one.peer, ...placed(one, "BGPPeer") })),
    advertisements,
    profiles: new Map(read.profiles.map(({ profile }) => [profile.name, profile])),
    rangesOf: new Map(read.pools.map(({ name, ranges }) => [name, ranges])),
    keys: KEYS,
  };
  for (const one of parts.peers) complainOfProfile(one, parts.profiles);
  for (const one of advertisements) complainOfCommunities(one, read.communities);
  complainOfAggregation(parts);
  complainOfLocalPrefs(parts);
  complainOfSessions(parts);
  complainOfEchoes(parts);
}

function complainOfProfile({ peer, field }: BgpParts["peers"][number], profiles: BgpParts["profiles"]): void {
  const { bfdProfile } = peer;
  if (bfdProfile === undefined || profiles.has(bfdProfile) || !hasRoom(field)) return;
  const meant = nearest(bfdProfile, profiles.keys());
  complainOfMisfit(child(field, KEYS.bfdProfile), {
    what: `Cannot find the BFDProfile ${quote(bfdProfile)}`,
    why: "it does not exist, and MetalLB keeps its configuration of before as long as that is so",
    fix: meant === undefined ? "Create it, or remove the name" : `Did you mean ${meant}?`,
  });
}

function complainOfCommunities({ field }: PlacedAdvertisement, aliases: ReadonlyMap<string, string>): void {
  for (const one of readList(child(field, "communities"))) {
    const text = String(one.value);
    if (aliases.has(text) || parseCommunity(text) !== undefined || !hasRoom(field)) continue;
    const isAlias = !text.includes(":");
    const meant = isAlias ? nearest(text, aliases.keys()) : undefined;
    complainOfMisfit(one, {
      what: isAlias ? `Cannot find the community ${quote(text)}` : `Cannot use the community ${quote(text)}`,
      why: isAlias
        ? "no Community has this alias, and MetalLB keeps its configuration of before as long as that is so"
        : "its numbers are not those of a community",
      fix:
        meant === undefined
          ? 'Write "65000:1", "large:65000:1:2", or an alias that a Community has'
          : `Did you mean ${meant}?`,
    });
  }
}
