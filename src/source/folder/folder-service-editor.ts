import { type KubeObject, keyOf, type ObjectRef } from "#src/model/object.ts";
import type { Logger } from "#src/process/log.ts";
import type { EditResult, ServiceEditor } from "#src/source/service-editor.ts";
import type { Source } from "#src/source/source.ts";
import { openFolderSource } from "./folder.ts";

/**
 * Services of a folder of manifests. Annotations go into the status files in `.hawser`, which all programs on the folder
 * read: manifests are their author's.
 */
export class FolderServiceEditor implements ServiceEditor {
  readonly #source: Source;

  private constructor(source: Source) {
    this.#source = source;
  }

  static async open({ directory, log }: { readonly directory: string; readonly log: Logger }): Promise<ServiceEditor> {
    const source = openFolderSource({ directory, log });
    await source.open(["Service"], { onChange: () => undefined, onProblems: () => undefined });
    return new FolderServiceEditor(source);
  }

  async read(ref: Omit<ObjectRef, "kind">): Promise<KubeObject | undefined> {
    return Promise.resolve(this.#source.get("Service", keyOf(ref)));
  }

  async annotate({ metadata }: KubeObject, name: string, value: string | undefined): Promise<EditResult> {
    const { namespace, name: service } = metadata;
    const result = await this.#source.patch(
      { kind: "Service", namespace, name: service },
      { annotations: { [name]: value } },
    );
    return result === "unchanged" ? "written" : result;
  }

  async close(): Promise<void> {
    await this.#source.close();
  }
}
