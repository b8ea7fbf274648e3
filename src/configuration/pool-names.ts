import { complain, type Field, isUnset, quote, spellingOf } from "#src/model/field.ts";

const MAX_POOL_NAME = 253;

/** The name as a text: a number is one too, as it is written (`1.10`, `007`). Undefined where it cannot be used. */
export function poolName(field: Field): string | undefined {
  const text = typeof field.value === "number" ? spellingOf(field) : field.value;
  if (typeof text !== "string" || text.trim() !== text) return undefined;
  return /^[^\p{Cc}]+$/u.test(text) && text.length <= MAX_POOL_NAME ? text : undefined;
}

/** Adds a Problem for each name that cannot be used or that a pool before it has. */
export function complainOfPoolNames(names: readonly Field[]): void {
  const seen = new Map<string, string>();
  for (const field of names) {
    const name = poolName(field);
    if (name === undefined) {
      const why = `a name has 1 to ${MAX_POOL_NAME} visible characters`;
      const what = isUnset(field) ? "Cannot use a pool without a name" : `Cannot use the name ${quote(field.value)}`;
      complain(field, "POOL_NAME_INVALID", { what, why, fix: "Write name: and a word of your choice" });
      continue;
    }
    const first = seen.get(name);
    if (first === undefined) seen.set(name, field.path);
    else
      complain(field, "POOL_NAME_DUPLICATE", {
        what: `Cannot use the name ${quote(name)}`,
        why: `${first} has it already`,
        fix: "Choose another name, or move the addresses to that pool",
      });
  }
}
