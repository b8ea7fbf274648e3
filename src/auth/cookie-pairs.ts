/** The pairs `NAME=VALUE` in the values of Cookie (RFC 6265 section 5.4), without blanks around them. */
export function cookiePairs(values: readonly string[]): readonly string[] {
  return values.flatMap((value) => value.split(";")).flatMap((pair) => (pair.trim() === "" ? [] : [pair.trim()]));
}
