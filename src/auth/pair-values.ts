/** The values of a name in pairs `NAME=VALUE`. One in quotes is the one without them for many endpoints. */
export function pairValues(pairs: readonly string[], name: string): readonly string[] {
  const start = `${name}=`;
  return pairs.flatMap((pair) => (pair.startsWith(start) ? [pair.slice(start.length).replace(/^"(.*)"$/, "$1")] : []));
}
