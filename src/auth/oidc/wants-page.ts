/** What is looked at of a request without a session. */
interface AskingRequest {
  readonly method: string;
  /** The values of a header field (its name in lower case). */
  valuesOf(name: string): readonly string[];
}

/**
 * Whether a browser asks for a page that it shows, so that it can be sent to the provider and back. A script, an image or a program
 * could do nothing with the page of the provider, and gets 401: where `Sec-Fetch-Mode` says that it does not navigate, or, of those
 * that do not send it, where `Accept` has no HTML or `X-Requested-With` is that of a script.
 */
export function wantsPage(request: AskingRequest): boolean {
  const { method } = request;
  if (method !== "GET" && method !== "HEAD") return false;
  const [mode] = request.valuesOf("sec-fetch-mode");
  if (mode !== undefined) return mode.trim().toLowerCase() === "navigate";
  if (request.valuesOf("x-requested-with").some((value) => value.trim().toLowerCase() === "xmlhttprequest"))
    return false;
  if (request.valuesOf("upgrade").length > 0) return false;
  return request.valuesOf("accept").some((value) => /\b(?:text\/html|application\/xhtml\+xml)\b/i.test(value));
}
