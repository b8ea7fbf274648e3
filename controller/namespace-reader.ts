import { isDeepStrictEqual } from "node:util";
import { namespaceLabelsOf } from "#src/assignment/namespace-labels.ts";
import type { NamespaceLabels } from "#src/assignment/snapshot.ts";
import type { KubeObject } from "#src/model/object.ts";

/** The labels of the namespaces, which pools may select. The same map until a label differs. */
export class NamespaceReader {
  readonly #list: () => ReadonlyMap<string, KubeObject>;
  #labels: NamespaceLabels = new Map();
  #isMarked = true;

  /** `list`: all Namespaces by name, as they are now. */
  constructor(list: () => ReadonlyMap<string, KubeObject>) {
    this.#list = list;
  }

  /** Says that a Namespace may have changed, or may be gone. */
  mark(): void {
    this.#isMarked = true;
  }

  read(): NamespaceLabels {
    if (!this.#isMarked) return this.#labels;
    const labels = namespaceLabelsOf(this.#list().values());
    this.#isMarked = false;
    if (!isDeepStrictEqual(labels, this.#labels)) this.#labels = labels;
    return this.#labels;
  }
}
