/** What becomes of a request as far as can be said. */
export interface UrlAnswer {
  /** Of an answer of the ingress itself; missing where an endpoint answers. */
  readonly status?: number;
  /** Why, as in the access log; empty where the answer is what was asked for, as a redirect is. */
  readonly reason?: string;
  readonly location?: string;
  /** `namespace/name:port` whose endpoint answers. */
  readonly service?: string;
}
