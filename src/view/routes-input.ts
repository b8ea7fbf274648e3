import type { NginxConfig } from "#src/model/ingress-nginx/nginx-config.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import type { ClassScope, Compat } from "#src/routing/ingress/routing-snapshot.ts";

/** What is seen of the Ingresses of a cluster or a folder, and of what they name. A list is undefined where it may not be read. */
export interface RoutesInput {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Which Ingresses the program serves: the options of the ingress. */
  readonly scope: ClassScope;
  /** Its option --ssl-redirect. */
  readonly redirectsToHttps: boolean;
  /** Its option --ssl-redirect-port; undefined: 443. */
  readonly sslRedirectPort?: number | undefined;
  /** Its option --default-ssl-certificate, as `namespace/name`. */
  readonly defaultSecret: string | undefined;
  /** Its option --default-backend-service, as `namespace/name`. */
  readonly defaultService: string | undefined;
  /** Its option --ssl-passthrough; false by default. */
  readonly passesTls?: boolean | undefined;
  /** How paths are compared. */
  readonly compat?: Compat | undefined;
  /** Not its option --disable-svc-external-name. */
  readonly servesExternalNames: boolean;
  /** What the ConfigMap of its option --nginx-config-map says of all Ingresses; null: it cannot be read, which closes them. */
  readonly nginxConfig?: NginxConfig | null | undefined;
  readonly ingresses: readonly KubeObject[] | undefined;
  readonly classes: readonly KubeObject[] | undefined;
  /** HTTPPolicies; empty where the cluster does not have the kind. */
  readonly policies: readonly KubeObject[] | undefined;
  readonly services: readonly KubeObject[] | undefined;
  readonly slices: readonly KubeObject[] | undefined;
  /** The Secret with this `namespace/name`; undefined: there is none; null: it may not be read. */
  readonly secretOf: (key: string) => KubeObject | undefined | null;
  /** Of the source itself. */
  readonly problems: readonly Problem[];
}
