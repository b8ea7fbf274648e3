import type { CacheDuration } from "#src/model/annotations/auth-cache.ts";
import type { AuthAnswer } from "./auth-verdict.ts";

/**
 * For how many milliseconds an answer counts: as its status has it, and no longer than it says itself. 0 for one that sets a
 * cookie, or that differs by what no key has (as in nginx).
 */
export function cacheMs({ status, fields }: AuthAnswer, durations: readonly CacheDuration[]): number {
  const named = durations.find(({ statuses }) => statuses !== "any" && statuses.includes(status));
  const any = durations.find(({ statuses }) => statuses === "any");
  const { ms } = named ?? any ?? { ms: 0 };
  const valuesOf = (wanted: string) =>
    fields.flatMap(([name, value]) => (name.toLowerCase() === wanted ? value.toLowerCase().split(",") : []));
  const directives = valuesOf("cache-control").map((one) => one.trim());
  if (fields.some(([name]) => name.toLowerCase() === "set-cookie")) return 0;
  if (valuesOf("vary").some((one) => one.trim() === "*")) return 0;
  if (directives.some((one) => /^(?:no-store|no-cache|private)(?:$|=)/.test(one))) return 0;
  const ages = directives.flatMap((one) => /^(?:s-maxage|max-age)="?(\d{1,9})"?$/.exec(one)?.[1] ?? []);
  return Math.min(ms, ...ages.map((age) => Number(age) * 1_000));
}
