/** What a histogram counts: numbers in an array, read when metrics are asked for. */
export class BucketCounts {
  /** Upper bounds; the last bucket is for all above. */
  readonly bounds: readonly number[];
  /** By bound, not cumulative; one more at the end. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** Adds what was counted elsewhere, with the same bounds. */
  add({ counts, sum }: Pick<BucketCounts, "counts" | "sum">): void {
    addTo(this.counts, counts);
    this.sum += sum;
  }

  /** What was counted so far; from now on it is counted from 0 again. */
  take(): Pick<BucketCounts, "counts" | "sum"> {
    const taken = { counts: takeAll(this.counts), sum: this.sum };
    this.sum = 0;
    return taken;
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    counts[bucket]! += 1;
    this.sum += value;
  }
}

/** Adds counts that were made elsewhere to these. */
export function addTo(counts: Float64Array, others: Float64Array): void {
  for (const [index, count] of others.entries()) counts[index]! += count;
}

/** These counts, which are 0 from now on. */
export function takeAll(counts: Float64Array): Float64Array<ArrayBuffer> {
  const taken = new Float64Array(counts);
  counts.fill(0);
  return taken;
}
