/**
 * A name of a header field as endpoints may read it: in lower case, with a hyphen for each character that is neither letter nor
 * digit. Two names that are alike then may be one for an endpoint.
 */
export function sameHeaderName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "-");
}
