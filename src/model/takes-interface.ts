import type { Ip } from "#src/ip/address.ts";
import { cidrContains, parseCidr } from "#src/ip/cidr.ts";

/** What of an interface selectors look at. */
export interface SelectableInterface {
  readonly name: string;
  /** Its global addresses. */
  readonly addresses: readonly Ip[];
}

/** Linux has no longer names: IFNAMSIZ with its final zero is 16. */
const MAX_NAME_LENGTH = 15;

/**
 * Whether the selectors take the interface. One is a name, a pattern (`*` for any characters, `?` for one), or a network in
 * which the interface has an address (`192.0.2.0/24`); with `!` before it, it takes away, whatever the others say. With
 * nothing but such, and without any, all other interfaces are taken.
 */
export function takesInterface(selectors: readonly string[], one: SelectableInterface): boolean {
  const [excluding, including] = [selectors.filter(isExcluding), selectors.filter((text) => !isExcluding(text))];
  if (excluding.some((text) => isMatch(text.slice(1), one))) return false;
  return including.length === 0 || including.some((text) => isMatch(text, one));
}

/** Whether the selector takes away: `!docker*`. */
export function isExcluding(selector: string): boolean {
  return selector.startsWith("!");
}

/** The selectors of several lists together: what one takes away stays away. An empty list takes all. */
export function joinSelectors(lists: readonly (readonly string[])[]): readonly string[] {
  const all = lists.flatMap((list) => (list.every(isExcluding) ? ["*", ...list] : list));
  const joined = [...new Set(all)].sort();
  return joined.includes("*") ? joined.filter((text) => text === "*" || isExcluding(text)) : joined;
}

/** Why the text is not a selector, and what to write instead; undefined if it is one. */
export function whyNoSelector(text: string): { readonly why: string; readonly fix: string } | undefined {
  const selector = isExcluding(text) ? text.slice(1) : text;
  if (selector.includes("/")) {
    if (parseCidr(selector) !== undefined) return undefined;
    return {
      why: "an interface has a name without slashes, and this is not a network",
      fix: "Write a network as 192.0.2.0/24",
    };
  }
  if (/[![\]{}\\]/.test(selector))
    return {
      why: "a pattern has only * (any characters) and ? (one), and ! only in front",
      fix: "Write several patterns or names instead",
    };
  const length = selector.replaceAll("*", "").length;
  if (selector !== "" && !/\s/.test(selector) && length <= MAX_NAME_LENGTH) return undefined;
  return {
    why: "an interface has a name of 1 to 15 characters without spaces and slashes",
    fix: "Write a name as ip link shows it, a pattern such as eth*, or a network",
  };
}

function isMatch(selector: string, { name, addresses }: SelectableInterface): boolean {
  if (selector === name) return true;
  if (selector.includes("/")) {
    const network = parseCidr(selector);
    return network !== undefined && addresses.some((ip) => cidrContains(network, ip));
  }
  return /[*?]/.test(selector) && isPatternOf(selector, name);
}

/** Compares without a regular expression: in the worst case it takes as many steps as the product of both lengths. */
function isPatternOf(pattern: string, name: string): boolean {
  let [at, nameAt, starAt, retryAt] = [0, 0, -1, 0];
  while (nameAt < name.length)
    if (pattern[at] === "*") [starAt, retryAt, at] = [at, nameAt, at + 1];
    else if (pattern[at] === "?" || pattern[at] === name[nameAt]) [at, nameAt] = [at + 1, nameAt + 1];
    else if (starAt < 0) return false;
    else [retryAt, nameAt, at] = [retryAt + 1, retryAt + 1, starAt + 1];
  return /^\**$/.test(pattern.slice(at));
}
