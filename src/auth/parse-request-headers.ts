import { parseTemplate, type RequestTemplate } from "#src/model/annotations/request-template.ts";
import { isWritableField, readHeaderMap } from "#src/model/header-map.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { recordOf } from "#src/model/record.ts";
import { isOwnHeader } from "#src/model/unwritable-header.ts";
import { sameHeaderName } from "./same-header-name.ts";

/** Header fields of all requests to endpoints, in place of those of clients. */
export interface SetRequestHeaders {
  /** Fields of clients with these names (`sameHeaderName`) do not pass, also where nothing can be written in their place. */
  readonly removes: readonly string[];
  readonly fields: readonly (readonly [name: string, value: RequestTemplate])[];
}

/** Names that are looked at; fewer fields are written. */
const MAX_NAMES = 256;

/** Reads a ConfigMap (v1) as header fields of requests. One that cannot be written has a Problem, and the client's does not pass either. */
export function parseRequestHeaders(object: KubeObject): {
  readonly value: SetRequestHeaders;
  readonly problems: readonly Problem[];
} {
  const fields: (readonly [string, RequestTemplate])[] = [];
  const { problems } = readHeaderMap(object, ({ name, value }) => {
    if (isOwnHeader(name))
      return { why: "Hawser tells endpoints of the client by it", fix: "Remove it from the ConfigMap" };
    const template = parseTemplate(value);
    if (typeof template === "string") return { why: template, fix: "Write a value such as $host, or one without a $" };
    fields.push([name, template]);
    return undefined;
  });
  const names = Object.keys(recordOf(object["data"])).slice(0, MAX_NAMES);
  const removes = names.filter((name) => isWritableField(name) && !isOwnHeader(name)).map(sameHeaderName);
  return { value: { removes, fields }, problems };
}
