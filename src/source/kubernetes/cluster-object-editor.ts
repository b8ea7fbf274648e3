import type { Kind } from "#src/model/kind.ts";
import type { KubeObject, ObjectRef } from "#src/model/object.ts";
import type { EditResult, ObjectEditor } from "#src/source/object-editor.ts";
import type { ApiConfig } from "./api/api-config.ts";
import { ApiClient } from "./api/client.ts";
import { errorOfOutcome } from "./api/outcome.ts";
import { realTiming } from "./api/timing.ts";
import { objectPath } from "./read/collection-path.ts";
import { readApiObject } from "./read/read-api-object.ts";

/** By this name the API server knows what a person wrote with a command. */
const FIELD_MANAGER = "hawser-cli";

/** Objects of one kind in a cluster: needs the rights to get and to patch them, and none to their status. */
export class ClusterObjectEditor implements ObjectEditor {
  readonly #kind: Kind;
  readonly #client: ApiClient;

  constructor(kind: Kind, config: ApiConfig) {
    this.#kind = kind;
    this.#client = new ApiClient(config, realTiming);
  }

  async read(ref: Omit<ObjectRef, "kind">): Promise<KubeObject | undefined> {
    const path = objectPath({ kind: this.#kind, ...ref });
    const outcome = await this.#client.request({ method: "GET", path });
    if (outcome.kind === "missing") return undefined;
    if (outcome.kind !== "ok") throw errorOfOutcome(`get ${path}`, outcome);
    const object = readApiObject(this.#kind, outcome.body, () => undefined);
    if (object === undefined) throw new Error(`get ${path}: the answer is not a ${this.#kind}`);
    return object;
  }

  async annotate({ metadata }: KubeObject, name: string, value: string | undefined): Promise<EditResult> {
    const { uid, resourceVersion, namespace } = metadata;
    const path = objectPath({ kind: this.#kind, namespace, name: metadata.name });
    const outcome = await this.#client.request({
      method: "PATCH",
      path: `${path}?fieldManager=${FIELD_MANAGER}`,
      contentType: "application/merge-patch+json",
      // It applies only to this version of this object.
      body: { metadata: { uid, resourceVersion, annotations: { [name]: value ?? null } } },
    });
    if (outcome.kind === "conflict") return "conflict";
    if (outcome.kind === "missing") return "gone";
    if (outcome.kind !== "ok") throw errorOfOutcome(`patch ${path}`, outcome);
    return "written";
  }

  async close(): Promise<void> {
    this.#client.close();
    return Promise.resolve();
  }
}
