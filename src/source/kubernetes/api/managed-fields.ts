/** As a key that is not the first of its object: within a text of JSON each quote is escaped, so this is never one. */
const KEY = Buffer.from(',"managedFields":[');
const [QUOTE, BACKSLASH, OPENING, CLOSING] = [0x22, 0x5c, 0x5b, 0x5d];

/**
 * JSON of the API as text, without `metadata.managedFields`: nearly half of most objects, read by hardly any program,
 * and so large that skipping it here costs a third less than parsing it.
 */
export function withoutManagedFields(json: Buffer): string {
  let key = json.indexOf(KEY);
  if (key === -1) return json.toString();
  const kept: Buffer[] = [];
  let start = 0;
  for (; key !== -1; key = json.indexOf(KEY, start)) {
    const end = endOfList(json, key + KEY.length);
    // Cut off within: the parser will say so.
    if (end === undefined) break;
    kept.push(json.subarray(start, key));
    start = end;
  }
  return Buffer.concat([...kept, json.subarray(start)]).toString();
}

/** Where the list ends that was opened just before `start`; undefined: it does not. */
function endOfList(json: Buffer, start: number): number | undefined {
  let depth = 1;
  for (let at = start; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfText(json, at + 1);
    else if (byte === OPENING) depth += 1;
    else if (byte === CLOSING && --depth === 0) return at + 1;
  }
  return undefined;
}

/** Where the closing quote of a text is. */
function endOfText(json: Buffer, start: number): number {
  let at = start;
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1;
  return at;
}
