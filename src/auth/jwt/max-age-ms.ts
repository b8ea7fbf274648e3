/** For how many milliseconds `Cache-Control` (RFC 9111 section 5.2.2) lets an answer be used; undefined: it says nothing of that. */
export function maxAgeMs(cacheControl: string | undefined): number | undefined {
  const directives = (cacheControl ?? "").toLowerCase().split(",");
  const ages = directives.map((one) => one.trim()).flatMap(ageOf);
  return ages.length === 0 ? undefined : Math.min(...ages) * 1_000;
}

function ageOf(directive: string): readonly number[] {
  if (/^no-(?:store|cache)(?:$|=)/.test(directive)) return [0];
  const age = /^max-age="?(\d{1,9})"?$/.exec(directive)?.[1];
  return age === undefined ? [] : [Number(age)];
}
