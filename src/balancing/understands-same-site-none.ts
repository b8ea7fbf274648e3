/**
 * Whether a browser keeps a cookie with `SameSite=None`, by its field User-Agent. Some from before 2020 drop it, or read it as `Strict`:
 * Chrome to version 69, all of iOS 12, and Safari of macOS 10.14; as ingress-nginx has them.
 */
export function understandsSameSiteNone(userAgent: string): boolean {
  if (/Chrome\/[456]|CPU iPhone OS 12|iPad; CPU OS 12/.test(userAgent)) return false;
  const isOldSafari = /Macintosh/.test(userAgent) && /Intel Mac OS X 10_14/.test(userAgent) && /Safari/.test(userAgent);
  return !isOldSafari || userAgent.includes("Chrome");
}
