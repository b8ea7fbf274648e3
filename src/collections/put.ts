/** Sets what a key stands for; undefined: it stands for nothing any longer. */
export function put<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
