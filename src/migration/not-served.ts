import { printPlace } from "#src/model/problem-place.ts";
import { counted } from "#src/model/counted.ts";
import { named } from "./named.ts";
import type { MigrationFacts } from "./migration-facts.ts";
import type { MigrationItem } from "./migration-item.ts";

const BGP_KINDS = {
  BGPPeer: "BGPPeers",
  BGPAdvertisement: "BGPAdvertisements",
  Community: "Communities",
  BFDProfile: "BFDProfiles",
};
const BGP_CODES: readonly string[] = ["BGP_NOT_SERVED", "POOL_PROTOCOL_BGP"];
const KEEP =
  "Keep MetalLB for what needs BGP, or announce these pools by layer2 if the nodes are in the network of their addresses.";

/** Whether a Problem says only that BGP is not served: the report says so in its own words. */
export function isAboutBgp({ code }: { readonly code: string }): boolean {
  return BGP_CODES.includes(code);
}

/** What of an installation of MetalLB Hawser does not serve: BGP. */
export function notServed({ metallb, seen, plan, converted }: MigrationFacts): readonly MigrationItem[] {
  const items: MigrationItem[] = [];
  for (const [kind, many] of Object.entries(BGP_KINDS)) {
    const objects = metallb.names.get(kind) ?? [];
    if (objects.length > 0)
      items.push({
        topic: kind,
        objects,
        text: `${counted(objects.length, kind, many)}: ${named(objects)}. Hawser does not speak BGP.`,
      });
  }
  if (metallb.era === "config-map")
    for (const { at, what, why } of seen.configProblems.filter(isAboutBgp))
      items.push({ topic: "BGP", objects: [], text: `${printPlace(at)}: ${what}: ${why}.` });
  const ofBgp = converted.filter(({ isBgp }) => isBgp).map(({ name }) => name);
  if (ofBgp.length > 0)
    items.push({
      topic: "AddressPool",
      objects: ofBgp,
      text: `AddressPools with protocol bgp (${named(ofBgp)}) have no advertisement in our form.`,
    });
  const silent = plan?.silent ?? [];
  if (silent.length > 0) {
    const objects = silent.map(({ service, address }) => `${service} ${address}`);
    items.push({ topic: "addresses announced by BGP", objects, text: `No node would announce ${named(objects)}.` });
  }
  const [last] = items.slice(-1);
  return last === undefined ? [] : [...items.slice(0, -1), { ...last, fix: KEEP }];
}
