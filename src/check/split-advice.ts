/** A message in sentences, the last of which says what to do, as the parts of a Problem. */
export function splitAdvice(message: string): { readonly why: string; readonly fix: string } {
  const sentences = message.split(/(?<=\.)\s+(?=[A-Z])/);
  const fix = sentences.length > 1 ? (sentences.at(-1) ?? "") : "See the reason";
  const why = sentences.length > 1 ? sentences.slice(0, -1).join(" ") : message;
  return { why: `${why.slice(0, 1).toLowerCase()}${why.slice(1)}`.replace(/\.$/, ""), fix: fix.replace(/\.$/, "") };
}
