/** A name that all endpoints and clients read alike. */
const NAME = /^[A-Za-z][A-Za-z0-9-]{0,127}$/;
/** What frames a message, or is for one hop: Hawser's to write. */
const FRAMING =
  /^(?:connection|content-length|transfer-encoding|upgrade|te|trailer|keep-alive|proxy-connection|proxy|expect|host|date|server)$/i;
/** What Hawser tells endpoints of a request. */
const OURS =
  /^(?:forwarded|via|x-real-ip|x-request-id|x-hawser-.*|x-forwarded-.*|x-original-.*|x-client-ip|x-ssl-client-.*|ssl-client-.*)$/i;

/** Why a user cannot write a header field of this name; undefined where one can. */
export function whyUnwritableHeader(name: string): string | undefined {
  if (!NAME.test(name)) return "it is not a name of letters, digits and hyphens that begins with a letter";
  return FRAMING.test(name)
    ? "it says where a message ends, or is for one connection, and Hawser writes it"
    : undefined;
}

/** Whether Hawser tells endpoints something of a request by a header field of this name. */
export function isOwnHeader(name: string): boolean {
  return OURS.test(name);
}
