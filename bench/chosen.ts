/** Those of all names that an option names, with commas; all where it is not given. Throws for a name that does not exist. */
export function chosen(
  all: readonly string[],
  text: string | undefined,
  { option, groups = {} }: { readonly option: string; readonly groups?: Readonly<Record<string, readonly string[]>> },
): ReadonlySet<string> {
  if (text === undefined) return new Set(all);
  const names = text.split(",");
  const unknown = names.find((name) => !all.includes(name) && groups[name] === undefined);
  if (unknown !== undefined) {
    const known = [...Object.keys(groups), ...all].join(", ");
    throw new RangeError(`--${option} takes some of these, with commas: ${known}; not ${JSON.stringify(unknown)}`);
  }
  return new Set(names.flatMap((name) => groups[name] ?? [name]));
}
