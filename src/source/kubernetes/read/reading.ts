import type { Kind } from "#src/model/kind.ts";
import { type Fields, isRecord } from "#src/model/record.ts";
import { SECRET_KEYS } from "#src/model/secret-value.ts";
import { trimEndpointSlice } from "./trim-endpoint-slice.ts";
import { trimService } from "./trim-service.ts";

/** How the bytes of a kind are read. */
interface Reading {
  /** Leaves out what no program of ours reads and what is large. It may change the object, which is fresh from JSON. */
  trim?(object: Fields): Fields;
  /** Whether `metadata.managedFields` is read. */
  readonly keepsManagedFields?: boolean;
}

const readings: Readonly<Partial<Record<Kind, Reading>>> = {
  Service: { trim: trimService },
  Secret: { trim: withoutOtherData },
  Node: { trim: withoutImages },
  Namespace: { trim: withoutAllButLabels },
  EndpointSlice: { trim: trimEndpointSlice },
  Ingress: { keepsManagedFields: true },
};

/** How objects of a kind are read; the whole of them where nothing is said. */
export function readingOf(kind: Kind): Reading {
  return readings[kind] ?? {};
}

/** Of a Secret with a certificate no more is kept in memory than what is read of it; of another one every key may be a user's name (`auth-map`). */
function withoutOtherData(object: Fields): Fields {
  const data = isRecord(object["data"]) ? object["data"] : {};
  if (data["tls.crt"] === undefined && data["tls.key"] === undefined) return object;
  const kept = SECRET_KEYS.filter((name) => data[name] !== undefined).map((name) => [name, data[name]]);
  return { ...object, data: Object.fromEntries(kept) as Fields };
}

/** The images on a node are most of its object. */
function withoutImages(object: Fields): Fields {
  if (!isRecord(object["status"])) return object;
  const { images: _images, nodeInfo: _nodeInfo, volumesAttached: _volumes, ...status } = object["status"];
  return { ...object, status };
}

/** Of a Namespace the labels select pools and Services; annotations can be large. */
function withoutAllButLabels({ metadata }: Fields): Fields {
  if (!isRecord(metadata)) return { metadata };
  const { annotations: _annotations, ...kept } = metadata;
  return { metadata: kept };
}
