/** Of a word this short, two letters are too much to guess. */
const SHORT = 4;
/** Known words that are compared at most: there may be as many as a user likes to write. */
const MOST = 1_000;

/**
 * The known word that a mistyped one most likely means; undefined when none is near: two letters off, or a third of a long word. Of very many only
 * the first are compared.
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = (word.length < SHORT ? 1 : Math.max(2, Math.floor(word.length / 3))) + 1;
  let compared = 0;
  for (const candidate of known) {
    if (++compared > MOST) break;
    const distance = editDistance(word, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Insertions, deletions and replacements between two words (Levenshtein), by rows. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
