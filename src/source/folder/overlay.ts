import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "#src/model/object.ts";
import type { StatusPatch } from "#src/source/source.ts";
import { isRecord } from "#src/model/record.ts";
import type { Overlay } from "./print-status-file.ts";

/** The object as programs see it: the manifest with the status file laid over. */
export function layOver(manifest: KubeObject, overlay: Overlay, version: string): KubeObject {
  const annotations: Record<string, string> = { ...manifest.metadata.annotations };
  for (const [name, text] of Object.entries(overlay.removed ?? {}))
    if (annotations[name] === text) delete annotations[name];
  for (const [name, value] of Object.entries(overlay.annotations)) {
    if (value === null) delete annotations[name];
    else annotations[name] = value;
  }
  return {
    ...manifest,
    ...(overlay.status === undefined ? {} : { status: overlay.status }),
    metadata: {
      ...manifest.metadata,
      annotations,
      resourceVersion: version,
      ...(manifest.kind === "Ingress" && overlay.status !== undefined ? { hasOurStatus: true } : {}),
    },
  };
}

/** The overlay after a patch; undefined when the object would look the same. */
export function patchOverlay(manifest: KubeObject, overlay: Overlay, patch: StatusPatch): Overlay | undefined {
  const before = layOver(manifest, overlay, "");
  const status: Record<string, unknown> = {
    ...(isRecord(before["status"]) ? before["status"] : {}),
    ...plain(patch.status),
  };
  for (const [field, value] of Object.entries(status)) if (value === undefined) delete status[field];
  const { annotations: written } = manifest.metadata;
  const annotations = { ...overlay.annotations };
  const removed = Object.fromEntries(
    Object.entries(overlay.removed ?? {}).filter(([name, text]) => written[name] === text),
  );
  for (const [name, value] of Object.entries(patch.annotations ?? {})) {
    const text = written[name];
    delete annotations[name];
    if (value !== undefined) annotations[name] = value;
    else if (text !== undefined) removed[name] = text;
  }
  const next = { status, annotations, removed };
  const after = layOver(manifest, next, "");
  const isSame = isDeepStrictEqual({ status: {}, ...before }, { status: {}, ...after });
  return isSame ? undefined : next;
}

/** As it will be read back from a file: no prototypes, no undefined fields below the top. */
function plain(status: StatusPatch["status"] = {}): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(status).map(([field, value]) => [
      field,
      value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown),
    ]),
  );
}
