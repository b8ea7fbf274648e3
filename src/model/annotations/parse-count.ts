/** A whole number from 0 to 999,999,999; undefined where the text is not one. */
export function parseCount(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
