import { oneLine } from "#src/model/one-line.ts";
import { createLogger } from "#src/process/log.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { FolderObjectEditor } from "#src/source/folder/folder-object-editor.ts";
import { ClusterObjectEditor } from "#src/source/kubernetes/cluster-object-editor.ts";
import { findApiConfig } from "#src/source/kubernetes/kubeconfig/find-config.ts";
import type { ObjectEditor } from "#src/source/object-editor.ts";
import { printLines } from "./print-lines.ts";
import type { SeeOptions } from "./see-installation.ts";

/** A Node is written by its kubelet all the time: a conflict is nothing unusual. */
const ATTEMPTS = 20;

/** An annotation of a Node, and who sets it. */
export interface NodeAnnotation {
  /** `hawser drain`, for messages. */
  readonly command: string;
  readonly io: ProgramIo;
  readonly node: string;
  readonly name: string;
  /** Undefined removes it. */
  readonly value: string | undefined;
  /** Written only in place of this value: another one is another person's, and stays. Left out: whatever is there. */
  readonly inPlaceOf?: string;
}

/** Sets an annotation of a Node, or removes it. False where that could not be done, after saying why. */
export async function annotateNode(options: SeeOptions, annotation: NodeAnnotation): Promise<boolean> {
  const { command, io, node, name, value, inPlaceOf } = annotation;
  const editor = await openNodeEditor(options, io);
  if (editor === undefined) return false;
  let why = "it changes all the time";
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const object = await editor.read({ namespace: "", name: node });
      if (object === undefined) {
        why = "there is no such Node";
        break;
      }
      const before = object.metadata.annotations[name];
      if (before === value || (inPlaceOf !== undefined && before !== inPlaceOf)) return true;
      if ((await editor.annotate(object, name, value)) === "written") return true;
    }
  } catch (error) {
    why = (error as Error).message;
  } finally {
    await editor.close();
  }
  io.stderr.write(`${oneLine(`${command}: cannot write the annotation ${name} on Node ${node}: ${why}`)}\n`);
  return false;
}

async function openNodeEditor(options: SeeOptions, io: ProgramIo): Promise<ObjectEditor | undefined> {
  const { manifests } = options;
  if (manifests !== undefined) {
    const log = createLogger({ component: "cli", level: "warn", to: "stderr" });
    return FolderObjectEditor.open("Node", { directory: manifests, log });
  }
  const config = findApiConfig({ ...options, env: io.env });
  if (config.ok) return new ClusterObjectEditor("Node", config.value);
  io.stderr.write(printLines(config.problems));
  return undefined;
}
