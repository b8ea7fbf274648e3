/** What is watched of a kind; all of it where nothing is said. */
export interface Scope {
  readonly namespace?: string;
  /** As the API has it: `metadata.name=hawser`, `spec.type=LoadBalancer`. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

/** The selectors of a scope as parameters of a query. */
export function selectorsOf({ fieldSelector, labelSelector }: Scope): Readonly<Record<string, string>> {
  return {
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
  };
}
