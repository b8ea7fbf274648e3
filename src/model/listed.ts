/** So many texts and how many more there are: `a, b and 3 more`. `joint` comes before the last of few: `a, b and c`. */
export function listed(texts: readonly string[], most: number, joint = ", "): string {
  const more = texts.length - most;
  if (more > 0) return `${texts.slice(0, most).join(", ")} and ${more} more`;
  return texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")}${joint}${texts.at(-1)}`;
}
