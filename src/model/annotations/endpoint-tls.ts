import { parseIp } from "#src/ip/address.ts";
import { isDnsSubdomain } from "#src/model/name.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { closingUnreadable } from "./closing-unreadable.ts";
import { onOff } from "./on-off.ts";
import { ownSecret } from "./own-secret.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { verifyDepth } from "./verify-depth.ts";

type Unusable = { readonly why: string };

/** An annotation about TLS to endpoints: where it cannot be enforced, the paths are closed. */
function about<T>(
  name: string,
  doc: string,
  { parse, fix }: { readonly parse: Parameters<typeof closingUnreadable<T>>[0]; readonly fix: string },
): ServedAnnotation<T> {
  return {
    names: [name],
    doc,
    served: { prefixes: OWN_PREFIXES, parse: closingUnreadable(parse, fix) },
    risks: [{ effect: "reaches-other" }],
  };
}

/** TLS to endpoints, by the names that the values have in the program. */
export const ENDPOINT_TLS = {
  proxySslSecret: about(
    "proxy-ssl-secret",
    "The Secret, in the namespace of the Ingress, with the certificate that endpoints are shown (`tls.crt`, `tls.key`) and the authorities that theirs are verified by (`ca.crt`, and `ca.crl` for those that are revoked); either may be missing. While the Secret is, the paths answer 503",
    { parse: ownSecret, fix: "Write the name of a Secret in the namespace of the Ingress" },
  ),
  proxySslVerify: about(
    "proxy-ssl-verify",
    "Whether endpoints are verified; `on`: one gets a request only after its certificate was verified, by the authorities of `proxy-ssl-secret`, or by the public ones where no Secret is named; otherwise the answer is 502 (`endpoint-untrusted`). Left out: `off`",
    { parse: switched, fix: 'Write "on" or "off"' },
  ),
  proxySslName: about(
    "proxy-ssl-name",
    "What the certificate of endpoints has to be for. Left out: `SERVICE.NAMESPACE.svc`, or the name of a Service of type ExternalName",
    { parse: hostName, fix: "Write a host name or an address, without variables" },
  ),
  proxySslServerName: about(
    "proxy-ssl-server-name",
    "Whether that name is sent to endpoints as the server name (SNI): `on` or `off`. Left out: `off`",
    {
      parse: switched,
      fix: 'Write "on" or "off"',
    },
  ),
  proxySslVerifyDepth: about(
    "proxy-ssl-verify-depth",
    "How many intermediate authorities the certificate of an endpoint may have. Left out, or `0`: 1",
    { parse: depth, fix: 'Write a whole number such as "1"' },
  ),
  proxySslCiphers: about(
    "proxy-ssl-ciphers",
    "Cipher suites to endpoints, in OpenSSL's form. Left out: those of Node",
    { parse: cipherList, fix: "Write names of cipher suites with colons between them" },
  ),
  proxySslProtocols: about(
    "proxy-ssl-protocols",
    "Versions of TLS to endpoints, of `TLSv1.2` and `TLSv1.3`; older ones are never spoken. Left out: both",
    { parse: versions, fix: 'Write "TLSv1.2", "TLSv1.3", or both with a blank between them' },
  ),
} as const;

function switched(text: string): boolean | Unusable {
  return onOff(text) ?? { why: "it is neither on nor off" };
}

function hostName(text: string): string | Unusable {
  const name = text.toLowerCase();
  return isDnsSubdomain(name) || parseIp(name) !== undefined
    ? name
    : { why: "it is neither a host name nor an address" };
}

function depth(text: string): number | Unusable {
  return verifyDepth(text) ?? { why: "it is not a whole number" };
}

function cipherList(text: string): string | Unusable {
  return /^[\w+:!@=.-]{1,2048}$/.test(text) ? text : { why: "it is not a list of cipher suites" };
}

const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;
const OLDER = ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1"];

/** From the lowest to the highest. */
export interface TlsVersions {
  readonly lowest: (typeof VERSIONS)[number];
  readonly highest: (typeof VERSIONS)[number];
}

function versions(text: string): TlsVersions | Unusable {
  const words = text.split(/\s+/);
  if (words.some((word) => !OLDER.includes(word) && !VERSIONS.some((one) => one === word)))
    return { why: "it names what is not a version of TLS" };
  const spoken = VERSIONS.filter((one) => words.includes(one));
  const [lowest, highest] = [spoken[0], spoken.at(-1)];
  if (lowest === undefined || highest === undefined) return { why: "versions before TLSv1.2 are not safe" };
  return { lowest, highest };
}
