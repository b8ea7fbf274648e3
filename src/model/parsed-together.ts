import type { Parsed } from "./problem.ts";

type ValuesOf<T extends Readonly<Record<string, Parsed<unknown>>>> = {
  readonly [K in keyof T]: Extract<T[K], { readonly ok: true }>["value"];
};

/** All values by name, with the problems of each in this order; not ok where one of them is not. */
export function parsedTogether<T extends Readonly<Record<string, Parsed<unknown>>>>(parts: T): Parsed<ValuesOf<T>> {
  const problems = Object.values(parts).flatMap((part) => part.problems);
  const values: [name: string, value: unknown][] = [];
  for (const [name, part] of Object.entries(parts)) {
    if (!part.ok) return { ok: false, problems };
    values.push([name, part.value]);
  }
  return { ok: true, value: Object.fromEntries(values) as ValuesOf<T>, problems };
}
