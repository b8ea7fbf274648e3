/** `1 Service`, `3 Services`; `many` is the word for several, where that is not the one with an s. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
