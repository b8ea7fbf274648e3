import { hash } from "node:crypto";
import type { KubeObject } from "#src/model/object.ts";
import { keyOf } from "#src/model/object.ts";
import { objectAt } from "#src/model/problem-place.ts";
import type { Problem } from "#src/model/problem.ts";
import type { StatusPatch } from "#src/source/source.ts";

/** The version of a Service whose annotations left no room for ours: `uid`, and a digest of the annotations. */
export interface RefusedAnnotations {
  readonly uid: string | undefined;
  readonly digest: string;
}

/** After the API server refused our annotations on this version. */
export function refusedOn({ metadata: { uid, annotations } }: KubeObject): RefusedAnnotations {
  return { uid, digest: hash("sha256", JSON.stringify(annotations), "base64") };
}

/** What is to be written without the annotations that were refused; they are tried again when those of the Service changed. */
export function withoutRefused(
  patch: StatusPatch | undefined,
  refused: RefusedAnnotations | undefined,
  object: KubeObject,
): StatusPatch | undefined {
  if (patch?.annotations === undefined || refused === undefined) return patch;
  const { uid, digest } = refusedOn(object);
  if (uid !== refused.uid || digest !== refused.digest) return patch;
  return patch.status === undefined ? undefined : { status: patch.status };
}

/** The Problem of a Service whose annotations leave no room for ours. */
export function refusedProblem({ metadata }: KubeObject, error: Error): Problem {
  return {
    code: "SERVICE_ANNOTATIONS_REFUSED",
    at: objectAt("Service", keyOf(metadata)),
    what: "Wrote its status without Hawser's annotations",
    why: `the API server refused them: ${error.message}`,
    fix: "Remove annotations from the Service: all of them together may have 256 KiB. Until then a controller that starts does not know from which pool its address is, and with whom it may share it",
    severity: "warning",
  };
}
