import { type LabelSelector, matchesLabels } from "#src/model/label-selector.ts";
import type { KubeObject } from "#src/model/object.ts";
import { ParsedObjects } from "#src/source/parsed-objects.ts";

/** The namespaces whose Ingresses are served, by their labels; one without an object has none. */
export class ServedNamespaces {
  readonly #selector: LabelSelector;
  readonly #namespaces: ParsedObjects<Readonly<Record<string, string>>>;
  readonly #served = new Set<string>();

  /** `get`: the Namespace of a name as it is now. */
  constructor(selector: LabelSelector, get: (name: string) => KubeObject | undefined) {
    this.#selector = selector;
    this.#namespaces = new ParsedObjects({
      get,
      parse: ({ metadata }) => ({ ok: true, value: metadata.labels, problems: [] }),
      onProblems: () => undefined,
    });
  }

  /** Says that a Namespace may have changed, or gone. */
  mark(name: string): void {
    this.#namespaces.mark(name);
  }

  serves(namespace: string): boolean {
    return this.#served.has(namespace);
  }

  /** Looks at what is marked; returns the namespaces that are served now and were not, or the other way round. */
  update(): ReadonlySet<string> {
    const moved = new Set<string>();
    for (const { key, after } of this.#namespaces.update()) {
      const isServed = after !== undefined && matchesLabels(this.#selector, after);
      if (isServed === this.#served.has(key)) continue;
      if (isServed) this.#served.add(key);
      else this.#served.delete(key);
      moved.add(key);
    }
    return moved;
  }
}
