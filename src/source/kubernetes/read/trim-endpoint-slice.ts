import { SERVICE_NAME_LABEL } from "#src/model/endpoint-slice.ts";
import { type Fields, isRecord } from "#src/model/record.ts";
import { SharedValues } from "./shared-values.ts";

const texts = new SharedValues<string>();
/** Ports and conditions, by their JSON: most slices say them in the same words. */
const values = new SharedValues<unknown>();

/**
 * Makes an EndpointSlice (discovery.k8s.io/v1) that was read from JSON small: a cluster has thousands. Of its labels the
 * name of the Service is kept, of an endpoint what `parseEndpointSlice` reads, and what is said again and again is shared.
 */
export function trimEndpointSlice(object: Fields): Fields {
  const { metadata, endpoints, ports } = object;
  return {
    ...object,
    ...(isRecord(metadata) ? { metadata: { ...metadata, labels: ownLabel(metadata["labels"]) } } : {}),
    ...(Array.isArray(endpoints) ? { endpoints: endpoints.map(trimEndpoint) } : {}),
    ...(ports === undefined ? {} : { ports: shared(ports) }),
  };
}

function ownLabel(labels: unknown): unknown {
  if (!isRecord(labels)) return labels;
  const { [SERVICE_NAME_LABEL]: service } = labels;
  return service === undefined ? {} : { [SERVICE_NAME_LABEL]: service };
}

function trimEndpoint(endpoint: unknown): unknown {
  if (!isRecord(endpoint)) return endpoint;
  const { addresses, conditions, hints, nodeName, targetRef } = endpoint;
  return {
    addresses,
    ...(conditions === undefined ? {} : { conditions: shared(conditions) }),
    ...(hints === undefined ? {} : { hints: shared(hints) }),
    ...(nodeName === undefined
      ? {}
      : { nodeName: typeof nodeName === "string" ? texts.get(nodeName, nodeName) : nodeName }),
    ...(isRecord(targetRef) ? { targetRef: { uid: targetRef["uid"] } } : {}),
  };
}

function shared(value: unknown): unknown {
  return values.get(JSON.stringify(value), value);
}
