/** How an answer may be compressed: names of Content-Encoding (RFC 9110 section 8.4.1, RFC 7932, RFC 8878). */
export type ContentCoding = "zstd" | "br" | "gzip";

/**
 * Which of the offered codings a client takes, by the values of its field Accept-Encoding (RFC 9110 section 12.5.3): what it
 * prefers first, then in the order of `offered`. A coding that it does not name has the weight of `*`, and is not taken without that; one
 * that it wants less than `identity` is not taken either.
 */
export function acceptedCodings(
  values: readonly string[],
  offered: readonly ContentCoding[],
): readonly ContentCoding[] {
  if (values.length === 0) return [];
  const weights = new Map(values.join(",").split(",").map(readWeight));
  const least = weights.get("identity") ?? 0;
  const weightOf = (coding: ContentCoding) => weights.get(coding) ?? weights.get("*") ?? 0;
  return offered
    .filter((coding) => weightOf(coding) > 0 && weightOf(coding) >= least)
    .toSorted((left, right) => weightOf(right) - weightOf(left));
}

/** A coding and its weight; 0 where that cannot be read, as in nginx. */
function readWeight(part: string): readonly [coding: string, weight: number] {
  const [written = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
  const weight = parameters.flatMap((one) => /^q\s*=\s*(.*)$/.exec(one)?.[1] ?? [])[0] ?? "1";
  return [
    written === "x-gzip" ? "gzip" : written,
    /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight) : 0,
  ];
}
