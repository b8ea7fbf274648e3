/** `true` and `false`, in any case; undefined for any other text. */
export function trueFalse(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  return lower === "true" || lower === "false" ? lower === "true" : undefined;
}
