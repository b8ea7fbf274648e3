import type { Kind } from "#src/model/kind.ts";
import { type KubeObject, keyOf, type ObjectRef } from "#src/model/object.ts";
import type { Logger } from "#src/process/log.ts";
import type { EditResult, ObjectEditor } from "#src/source/object-editor.ts";
import type { Source } from "#src/source/source.ts";
import { openFolderSource } from "./folder.ts";

/**
 * Objects of one kind in a folder of manifests. Annotations go into the status files in `.hawser`, which all programs on the folder
 * read: manifests are their author's.
 */
export class FolderObjectEditor implements ObjectEditor {
  readonly #kind: Kind;
  readonly #source: Source;

  private constructor(kind: Kind, source: Source) {
    this.#kind = kind;
    this.#source = source;
  }

  static async open(
    kind: Kind,
    { directory, log }: { readonly directory: string; readonly log: Logger },
  ): Promise<ObjectEditor> {
    const source = openFolderSource({ directory, log });
    await source.open([kind], { onChange: () => undefined, onProblems: () => undefined });
    return new FolderObjectEditor(kind, source);
  }

  async read(ref: Omit<ObjectRef, "kind">): Promise<KubeObject | undefined> {
    return Promise.resolve(this.#source.get(this.#kind, keyOf(ref)));
  }

  async annotate({ metadata }: KubeObject, annotation: string, value: string | undefined): Promise<EditResult> {
    const { namespace, name } = metadata;
    const result = await this.#source.patch(
      { kind: this.#kind, namespace, name },
      { annotations: { [annotation]: value } },
    );
    return result === "unchanged" ? "written" : result;
  }

  async close(): Promise<void> {
    await this.#source.close();
  }
}
