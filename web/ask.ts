/** The token that a person gave. It is in the memory of this page alone: loading the page again forgets it. */
let token = "";

/** From now on requests show this token. */
export function showToken(given: string): void {
  token = given.trim();
}

/** Whether a token was given. */
export function hasToken(): boolean {
  return token !== "";
}

/** Asks the server for a path below the page. */
export async function ask(path: string, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = token === "" ? {} : { authorization: `Bearer ${token}` };
  return fetch(path, { headers, ...(signal === undefined ? {} : { signal }) });
}
