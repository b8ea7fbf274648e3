/**
 * A name of a header field as endpoints may read it: in lower case, with a hyphen for each character that is neither letter nor
 * digit. Two names that are alike then may be one for an endpoint.
 */
export function sameHeaderName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "-");
}

/** Whether endpoints could take a name for one that is written in another way. */
export function hasAliases(name: string): boolean {
  return /[^a-z0-9]/i.test(name);
}
