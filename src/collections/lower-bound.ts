/**
 * The index of the first item that does not come before what is sought; their number where all do. The items are in order,
 * so that those which come before it are the first ones. O(log n).
 */
export function lowerBound<T>(items: readonly T[], comesBefore: (item: T) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (comesBefore(items[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}
