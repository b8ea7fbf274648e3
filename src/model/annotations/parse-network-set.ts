import { type NetworkSet, networkSet } from "#src/model/network-set.ts";
import { parseNetworks } from "./parse-networks.ts";

/** All addresses of a list of networks, once for all paths of an Ingress; undefined where the list cannot be read. */
export function parseNetworkSet(text: string): NetworkSet | undefined {
  const networks = parseNetworks(text);
  return networks && networkSet(networks);
}
