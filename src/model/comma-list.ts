/** The texts of a list with commas, in order. Blanks around them and empty places change nothing. */
export function commaList(text: string): readonly string[] {
  return text.split(",").flatMap((part) => part.trim() || []);
}
