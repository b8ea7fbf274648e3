/** Which errors another Service answers in place of. */
export interface ErrorPages {
  readonly statuses: ReadonlySet<number>;
  /** Also errors that endpoints answer with, and not only those of the proxy in their place. */
  readonly intercepts: boolean;
  /** Lines for that Service, with their ends: of which rule the request was. */
  readonly lines: string;
}
