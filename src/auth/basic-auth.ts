import type { PasswordSecretType } from "#src/model/annotations/auth-secret.ts";

/** Name and password, as a Secret has them. */
export interface BasicAuth {
  /** `namespace/name` of the Secret. */
  readonly secret: string;
  readonly type: PasswordSecretType;
  /** Visible ASCII and blanks. */
  readonly realm: string;
}

/** As in ingress-nginx. */
export const DEFAULT_REALM = "Authentication Required";
