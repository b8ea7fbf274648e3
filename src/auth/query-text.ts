/** The query of a target (path and query), without its question mark; empty where there is none. */
export function queryText(target: string): string {
  const mark = target.indexOf("?");
  return mark === -1 ? "" : target.slice(mark + 1);
}
