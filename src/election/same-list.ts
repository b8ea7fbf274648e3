/** Whether two lists have equal items in the same order. */
export function isSameList<T>(
  left: readonly T[],
  right: readonly T[],
  isSame: (one: T, other: T) => boolean = (one, other) => one === other,
): boolean {
  return left.length === right.length && left.every((one, index) => isSame(one, right[index] as T));
}
