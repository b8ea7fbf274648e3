import { readHostPattern } from "#src/pattern/host-pattern.ts";
import type { AliasPattern, RouteTable } from "#src/routing/route-table.ts";
import { withEntries } from "#src/routing/sharded-map.ts";
import type { MergedHost } from "./merge-host.ts";

/** The further names of a table, with those among these hosts as they are now, or removed. */
export function replaceAliases(
  { aliases, aliasPatterns }: RouteTable,
  hosts: readonly (readonly [host: string, merged: MergedHost | undefined])[],
): Pick<RouteTable, "aliases" | "aliasPatterns"> {
  const [patterns, names] = [hosts.filter(([host]) => isPattern(host)), hosts.filter(([host]) => !isPattern(host))];
  return {
    aliases: withEntries(
      aliases,
      names.map(([host, merged]) => [host, merged?.aliasOf] as const),
    ),
    aliasPatterns: patterns.length === 0 ? aliasPatterns : replacePatterns(aliasPatterns, patterns),
  };
}

/** Those of the hosts that come first go first, as in ingress-nginx. */
function replacePatterns(
  before: readonly AliasPattern[],
  changes: readonly (readonly [text: string, merged: MergedHost | undefined])[],
): readonly AliasPattern[] {
  const changed = new Set(changes.map(([text]) => text));
  const added = changes.flatMap(([text, merged]) =>
    merged?.aliasOf === undefined ? [] : patternOf(text, merged.aliasOf, merged.namespace),
  );
  return [...before.filter(({ text }) => !changed.has(text)), ...added].sort((left, right) =>
    left.host === right.host ? (left.text < right.text ? -1 : 1) : left.host < right.host ? -1 : 1,
  );
}

function patternOf(text: string, host: string, namespace: string): AliasPattern {
  const pattern = readHostPattern(text.slice(1));
  // What an Ingress has is readable, or closed.
  if ("why" in pattern) throw new TypeError(`bug: ${pattern.why}`);
  return { text, pattern, host, namespace };
}

function isPattern(host: string): boolean {
  return host.startsWith("~");
}
