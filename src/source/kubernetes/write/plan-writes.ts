import { factsOf, type Kind } from "#src/model/kind.ts";
import type { KubeObject } from "#src/model/object.ts";
import { type Fields, isRecord } from "#src/model/record.ts";
import type { StatusPatch } from "#src/source/source.ts";
import { mergePatch } from "./merge-patch.ts";

/** One request that is part of a patch. */
export interface Write {
  readonly subresource: "" | "/status";
  /** A JSON merge patch, without the version that it is for. */
  readonly annotations?: Fields;
  readonly status?: Fields;
}

/**
 * What has to be sent so that an object is as the patch says, as the API server will store it: nothing for no
 * difference, one request for most, two where status and annotations cannot go together.
 */
export function planWrites(object: KubeObject, patch: StatusPatch): readonly Write[] {
  const old = isRecord(object["status"]) ? object["status"] : {};
  const wanted = JSON.parse(JSON.stringify({ ...old, ...patch.status })) as Fields;
  const status = mergePatch(old, asStored(object.kind, wanted));
  const { annotations: given } = object.metadata;
  const annotations = mergePatch(given, { ...given, ...patch.annotations });
  if (factsOf(object.kind).statusTakesMetadata) {
    const both = { ...(annotations && { annotations }), ...(status && { status }) };
    return Object.keys(both).length === 0 ? [] : [{ subresource: "/status", ...both }];
  }
  return [
    ...(annotations === undefined ? [] : [{ subresource: "" as const, annotations }]),
    ...(status === undefined ? [] : [{ subresource: "/status" as const, status }]),
  ];
}

/** The body of a request: it applies only to this version of this object, otherwise the answer is 409. */
export function writeBody(write: Write, { uid, resourceVersion }: { uid?: string; resourceVersion?: string }): Fields {
  const { annotations, status } = write;
  const metadata = { uid, resourceVersion, ...(annotations && { annotations }) };
  return { metadata, ...(status && { status }) };
}

/** The API server sets `ipMode: VIP` where an address of a Service has none. */
function asStored(kind: Kind, status: Fields): Fields {
  const loadBalancer = status["loadBalancer"];
  const ingress: unknown = isRecord(loadBalancer) ? loadBalancer["ingress"] : undefined;
  if (kind !== "Service" || !isRecord(loadBalancer) || !Array.isArray(ingress)) return status;
  const filled = ingress.map((one: unknown) =>
    isRecord(one) && one["ip"] !== undefined ? { ipMode: "VIP", ...one } : one,
  );
  return { ...status, loadBalancer: { ...loadBalancer, ingress: filled } };
}
