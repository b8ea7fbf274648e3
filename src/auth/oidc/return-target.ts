/** Letters of a path and query that a client is sent back to; a longer one is not kept. */
const MAX_LETTERS = 1_500;

/**
 * Where a client goes after it has signed in: path and query of this host and nothing else, whatever browsers make of it. What
 * they could read as another host (`//evil.com`, `/\evil.com`, `/<tab>/evil.com`), what is too long, and the path of sign-in itself
 * lead to `/`.
 */
export function returnTarget(target: string, own: readonly string[]): string {
  if (target.length > MAX_LETTERS || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(target)) return "/";
  return own.includes(target.split("?", 1)[0]!) ? "/" : target;
}
