/** How a list of writes is worked off. */
interface WriteAllOptions<Write> {
  /** Writes under way at once. */
  readonly atOnce: number;
  /** Asked before each write: false ends the work. */
  readonly goOn: () => boolean;
  readonly write: (write: Write) => Promise<void>;
}

/** Makes several writes at once, in their order. Resolves when all have ended; false: it ended before the last one. */
export async function writeAll<Write>(
  writes: Iterable<Write>,
  { atOnce, goOn, write }: WriteAllOptions<Write>,
): Promise<boolean> {
  // All workers share one iterator, so that each write is taken once.
  const left = writes[Symbol.iterator]();
  let isCut = false;
  const worker = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) {
      isCut ||= !goOn();
      if (isCut) return;
      await write(next.value);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return !isCut;
}
