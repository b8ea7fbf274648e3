import type { KubeObject } from "#src/model/object.ts";
import { type AddressPool, parseAddressPool } from "#src/model/metallb/address-pool.ts";
import { type BfdProfileResource, parseBfdProfile } from "#src/model/metallb/bfd-profile.ts";
import { type BgpAdvertisementResource, parseBgpAdvertisement } from "#src/model/metallb/bgp-advertisement.ts";
import { type BgpPeerResource, parseBgpPeer } from "#src/model/metallb/bgp-peer.ts";
import { type CommunityResource, parseCommunityResource } from "#src/model/metallb/community.ts";
import { type IpAddressPool, parseIpAddressPool } from "#src/model/metallb/ip-address-pool.ts";
import { type L2Advertisement, parseL2Advertisement } from "#src/model/metallb/l2-advertisement.ts";
import type { Parsed } from "#src/model/problem.ts";

/** What the objects of each kind of metallb.io are read as. */
export interface ResourceOf {
  readonly IPAddressPool: IpAddressPool;
  readonly L2Advertisement: L2Advertisement;
  readonly BGPPeer: BgpPeerResource;
  readonly BGPAdvertisement: BgpAdvertisementResource;
  readonly Community: CommunityResource;
  readonly BFDProfile: BfdProfileResource;
  readonly AddressPool: AddressPool;
}

export type ResourceKind = keyof ResourceOf;

/** The objects of metallb.io that can be used, by kind. */
export type CustomResources = { readonly [K in ResourceKind]: readonly ResourceOf[K][] };

/** The parser of each kind of metallb.io that is read. */
export const RESOURCE_PARSERS: { readonly [K in ResourceKind]: (object: KubeObject) => Parsed<ResourceOf[K]> } = {
  IPAddressPool: parseIpAddressPool,
  L2Advertisement: parseL2Advertisement,
  BGPPeer: parseBgpPeer,
  BGPAdvertisement: parseBgpAdvertisement,
  Community: parseCommunityResource,
  BFDProfile: parseBfdProfile,
  AddressPool: parseAddressPool,
};
