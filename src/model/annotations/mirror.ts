import { type Field, quote } from "#src/model/field.ts";
import type { AnnotationRecord, ServedAnnotation } from "./annotation-record.ts";
import { type AuthUrl, readServiceUrl } from "./auth-url.ts";
import { onOff } from "./on-off.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { settingUnreadable } from "./setting-unreadable.ts";
import { tunedBy } from "./tuned-by.ts";

/** Where copies go: to one host, whatever the request is for. */
export type MirrorTarget = AuthUrl & { readonly host: string };

const MIRROR_TARGET: ServedAnnotation<MirrorTarget> = {
  names: ["mirror-target"],
  doc: "Where a copy of each request that is let in is sent, such as `http://shadow.test$request_uri`; its answer is ignored. Without a path and variables the copy has the path of the request. At most 256 copies are under way at once, and none of a body above 64 KiB: further ones are left out, and counted by `hawser_ingress_mirrored_requests_total`. Not to loopback, link-local and metadata addresses, and by HTTPS only where the certificate is valid",
  served: { prefixes: OWN_PREFIXES, parse: parseTarget },
};

const MIRROR_HOST: ServedAnnotation<string> = {
  names: ["mirror-host"],
  doc: "The field `Host` of copies. Left out: the host of `mirror-target`",
  served: {
    prefixes: OWN_PREFIXES,
    parse: tunedBy(
      (text) => (/^[a-z0-9](?:[-a-z0-9._]*[a-z0-9])?(?::\d{1,5})?$/i.test(text) ? text : undefined),
      "Write a host, with or without a port",
    ),
  },
};

const MIRROR_REQUEST_BODY: ServedAnnotation<boolean> = {
  names: ["mirror-request-body"],
  doc: "Whether copies have the bodies of requests. Left out: `on`",
  served: {
    prefixes: OWN_PREFIXES,
    parse: tunedBy(onOff, 'Write "on" or "off"'),
  },
};

/** Copies of requests, by the names that the values have in the program. */
export const MIRRORING = {
  mirrorTarget: MIRROR_TARGET,
  mirrorHost: MIRROR_HOST,
  mirrorsBody: MIRROR_REQUEST_BODY,
} as const satisfies Readonly<Record<string, AnnotationRecord>>;

function parseTarget(field: Field): MirrorTarget | undefined {
  const text = String(field.value).trim();
  const [authority = ""] = /^[a-z]+:\/\/[^/?#$]+/i.exec(text) ?? [];
  const rest = text.slice(authority.length);
  const read = readServiceUrl(authority + (rest === "" ? "/$request_uri" : rest.startsWith("$") ? `/${rest}` : rest));
  const why = typeof read === "string" ? read : "its host is a variable, and a client could choose where copies go";
  if (typeof read !== "string" && read.host !== undefined) return { ...read, host: read.host };
  return settingUnreadable(field, {
    what: `Ignored ${quote(text)}: no copies are sent`,
    why,
    fix: "Write a URL such as http://shadow.test$request_uri",
  });
}
