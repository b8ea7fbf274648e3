import type { Cidr } from "#src/ip/cidr.ts";
import { networkSet } from "#src/model/network-set.ts";
import { parseNetworks } from "#src/model/annotations/parse-networks.ts";
import type { ReadDirective } from "./read-snippet.ts";
import type { SnippetSources } from "./snippet.ts";

/**
 * What `allow` and `deny` come to, of which nginx takes the first that an address is in. `unordered`: networks are denied
 * after others were allowed, or one cannot be read, which two lists cannot say.
 */
export function readSources(directives: readonly ReadDirective[]): SnippetSources | undefined | "unordered" {
  const allowed: Cidr[] = [];
  const denied: Cidr[] = [];
  for (const { name, args } of directives) {
    const [text = ""] = args;
    if (text === "all") {
      if (name === "deny")
        return { allowed: networkSet(allowed), denied: denied.length === 0 ? undefined : networkSet(denied) };
      return denied.length === 0 ? undefined : { allowed: undefined, denied: networkSet(denied) };
    }
    const networks = text.includes(",") ? undefined : parseNetworks(text);
    if (networks === undefined || (name === "deny" && allowed.length > 0)) return "unordered";
    (name === "deny" ? denied : allowed).push(...networks);
  }
  // A client in no list may come in.
  return denied.length === 0 ? undefined : { allowed: undefined, denied: networkSet(denied) };
}
