import type { Rewrite } from "#src/model/annotations/rewrite-target.ts";
import type { RequestFields } from "./request-fields.ts";
import type { PathPattern } from "#src/pattern/path-pattern.ts";
import type { AnswerRate } from "./answer-rate.ts";
import type { FieldRewrites } from "./field-rewrites.ts";
import type { ErrorPages } from "./error-pages.ts";
import type { EndpointPatience } from "./endpoint-patience.ts";
import type { CorsPolicy } from "./cors-policy.ts";
import type { EndpointTransport } from "./endpoint-tls.ts";
import type { ClientCertificatePolicy } from "./client-certificate.ts";
import type { KeyedLimits } from "./keyed-limit.ts";
import type { ClientLimitPolicy } from "./limit-client.ts";
import type { AuthPolicy } from "./auth-policy.ts";
import type { MirrorPolicy } from "./mirror-policy.ts";
import type { HttpsPolicy } from "./redirect-to-https.ts";
import type { FieldEdit } from "./response-edit.ts";
import type { SourceNetworks } from "./source-networks.ts";

/** What is done with a request before it is forwarded; `runFilters` says in which order. */
export interface RuleFilters {
  readonly httpsRedirect: HttpsPolicy | undefined;
  readonly rewrite: PathRewrite | undefined;
  readonly requestFields: RequestFields | undefined;
  /** The largest body of a request, in bytes; 0: any size; undefined: as the program's option says. */
  readonly bodyBytes: number | undefined;
  readonly patience: EndpointPatience | undefined;
  readonly cors: CorsPolicy | undefined;
  readonly rewrites: FieldRewrites | undefined;
  /** The ConfigMap (`namespace/name`) with header fields of answers. */
  readonly setHeaders: string | undefined;
  /** How fast answers are sent; undefined: as fast as the client takes them. */
  readonly answerRate: AnswerRate | undefined;
  readonly mirror: MirrorPolicy | undefined;
  /** How endpoints are spoken to; undefined: as the port of the Service says. */
  readonly transport: EndpointTransport | undefined;
  /** Of the host, for all of its rules; missing: any client, with or without a certificate. */
  readonly clientCertificates?: ClientCertificatePolicy;
  readonly sources: SourceNetworks | undefined;
  /** Those of a snippet, which count besides. */
  readonly snippetSources: SourceNetworks | undefined;
  /** What a snippet does to the head of every answer. */
  readonly responseEdit: FieldEdit | undefined;
  readonly clientLimits: ClientLimitPolicy | undefined;
  /** Limits of a policy that this replica counts alone, before it is known who sends a request. */
  readonly rateLimits: KeyedLimits | undefined;
  /** Answers that another Service gives in place of errors. */
  readonly errorPages: ErrorPages | undefined;
  /** Who may come in. The engine asks it after all other filters, because the answer may take a while. */
  readonly auth: AuthPolicy | undefined;
}

/** What becomes of the path; the target is visible ASCII. */
export interface PathRewrite extends Rewrite {
  /** Of a target with groups: its texts, and the numbers of groups between them. */
  readonly parts?: readonly (string | number)[];
  /** The expression that the path of the rule is. */
  readonly pattern?: PathPattern;
}

/** Of most rules: all of these share one, and nothing is asked of it. */
export const NO_FILTERS: RuleFilters = {
  httpsRedirect: undefined,
  rewrite: undefined,
  requestFields: undefined,
  bodyBytes: undefined,
  patience: undefined,
  cors: undefined,
  rewrites: undefined,
  setHeaders: undefined,
  answerRate: undefined,
  mirror: undefined,
  transport: undefined,
  sources: undefined,
  snippetSources: undefined,
  responseEdit: undefined,
  clientLimits: undefined,
  rateLimits: undefined,
  errorPages: undefined,
  auth: undefined,
};
