import { type Field, quote } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { askedWith } from "./asked-with.ts";
import { readConfigMapName } from "./config-map-name.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { restrictionUnreadable } from "./restriction-unreadable.ts";
import { settingUnreadable } from "./setting-unreadable.ts";

export const CUSTOM_HEADERS: ServedAnnotation<string> = {
  names: ["custom-headers"],
  doc: "A ConfigMap in the namespace of the Ingress, whose keys and values are header fields of all answers, in place of those of the Service. The program's option `--allowed-response-headers` says which names may be among them; by default none",
  served: { prefixes: OWN_PREFIXES, parse: parseCustomHeaders },
};

export const AUTH_PROXY_SET_HEADERS: ServedAnnotation<string> = {
  names: ["auth-proxy-set-headers"],
  doc: "A ConfigMap in the namespace of the Ingress, whose keys and values are header fields of the question to the service of `auth-url`, in place of the client's. Values may have the variables of `auth-cache-key`",
  served: { prefixes: OWN_PREFIXES, parse: parseQuestionHeaders },
  // The service may let more in without them.
  risks: [{ effect: "restriction", asks: askedWith("auth-url") }, { effect: "ignored" }],
};

/** The key (`namespace/name`) of the ConfigMap. */
function parseCustomHeaders(field: Field): string | undefined {
  const read = readConfigMapName(field);
  if ("key" in read) return read.key;
  return settingUnreadable(field, { what: `Ignored the ConfigMap ${quote(field.value)}`, ...read });
}

function parseQuestionHeaders(field: Field): string | undefined {
  const read = readConfigMapName(field);
  if ("key" in read) return read.key;
  return restrictionUnreadable(field, { what: `Cannot use the ConfigMap ${quote(field.value)}`, ...read });
}
