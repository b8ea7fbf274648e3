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

  observe(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    counts[bucket]! += 1;
    this.sum += value;
  }
}
