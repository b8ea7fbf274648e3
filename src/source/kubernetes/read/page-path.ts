/** Objects asked for at once: a page of Services has some 1 MB. */
export const PAGE_SIZE = 500;

/** A collection and its selectors. */
export interface Collection {
  /** From `/api/v1/...` on. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

/** The path of one page. `next` is the `continue` of the page before, empty for the first; a limit of 0 is the whole. */
export function pagePath({ path, query }: Collection, { limit, next }: { limit: number; next: string }): string {
  const parameters = {
    ...query,
    ...(limit === 0 ? {} : { limit: String(limit) }),
    ...(next === "" ? {} : { continue: next }),
  };
  return withQuery(path, parameters);
}

/** A path with its parameters. */
export function withQuery(path: string, parameters: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(parameters).toString();
  return query === "" ? path : `${path}?${query}`;
}
