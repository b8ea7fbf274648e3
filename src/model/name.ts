/** RFC 1123 label: what names a namespace or a Service. */
const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
/** Names of objects (RFC 1123 subdomain) have at most so many characters. */
const MAX_SUBDOMAIN = 253;

/** Whether a text is a DNS label of RFC 1123: 1 to 63 of a-z, 0-9 and `-`, with a letter or digit at both ends. */
export function isDnsLabel(text: string): boolean {
  return LABEL.test(text);
}

/** Whether a text is a DNS subdomain as Kubernetes has it: parts of a-z, 0-9 and `-` joined by dots, 253 at most. */
export function isDnsSubdomain(text: string): boolean {
  return (
    text.length <= MAX_SUBDOMAIN && text.split(".").every((part) => /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(part))
  );
}

/** Whether a text may name a port (IANA service name, RFC 6335 section 5.1, in any case). */
export function isPortName(text: string): boolean {
  return /^(?=.*[a-z])[a-z0-9](?:-?[a-z0-9]){0,14}$/i.test(text) && text.length <= 15;
}
