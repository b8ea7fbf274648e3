/** The prefix of an annotation, with its slash, or empty where it has none; and its name. */
export function splitKey(key: string): readonly [prefix: string, name: string] {
  const slash = key.indexOf("/") + 1;
  return [key.slice(0, slash), key.slice(slash)];
}
