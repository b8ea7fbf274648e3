/** The statuses that a redirect to HTTPS may have. */
export const HTTPS_REDIRECT_STATUSES = [301, 302, 307, 308] as const;

export type HttpsRedirectStatus = (typeof HTTPS_REDIRECT_STATUSES)[number];

/** What holds for the paths of all Ingresses, by the ConfigMap of ingress-nginx. */
export interface SettingsOfAll {
  /** What the paths of rules begin with that ask for no sign-in by `auth-url` and `auth-type` (`no-auth-locations`). */
  readonly noAuthPaths: readonly string[];
  /** What the paths of rules begin with that are not redirected to HTTPS (`no-tls-redirect-locations`). */
  readonly plainPaths: readonly string[];
  /** Of redirects to HTTPS, and to or from `www.` (`http-redirect-code`); undefined: 308. */
  readonly redirectStatus: HttpsRedirectStatus | undefined;
}
