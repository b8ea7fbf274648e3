import type { KubeObject, ObjectRef } from "#src/model/object.ts";

/** How an edit ended: `conflict` and `gone` mean look again, nothing was written. */
export type EditResult = "written" | "conflict" | "gone";

/** Reads single objects of one kind and edits their annotations: what a person may do, and no program has to. */
export interface ObjectEditor {
  /** The object as it is now; undefined where there is none. Rejects where that cannot be known. */
  read(ref: Omit<ObjectRef, "kind">): Promise<KubeObject | undefined>;
  /** Sets an annotation of this version of the object; undefined removes it. Rejects for a failed effect. */
  annotate(object: KubeObject, name: string, value: string | undefined): Promise<EditResult>;
  close(): Promise<void>;
}
