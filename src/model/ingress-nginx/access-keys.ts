import { JUDGE } from "./judge.ts";
import type { NginxSetting } from "./nginx-setting.ts";

const SNIPPET = "Hawser has no nginx, and reads none of its configuration here";

/** Keys about who may come in, and how often. */
export const ACCESS_KEYS: readonly NginxSetting[] = [
  {
    names: ["allowlist-source-range", "whitelist-source-range"],
    annotation: "allowlist-source-range",
  },
  { names: ["denylist-source-range"], annotation: "same-name" },
  {
    names: ["block-cidrs", "block-user-agents", "block-referers"],
    read: "Read from there: such requests are answered 403",
  },
  { names: ["global-auth-url"], annotation: "auth-url" },
  {
    names: ["global-auth-snippet"],
    judge: JUDGE.restriction(SNIPPET, "Write what it does as annotations of the Ingresses"),
  },
  ...[
    "method",
    "signin",
    "signin-redirect-param",
    "response-headers",
    "request-redirect",
    "cache-key",
    "cache-duration",
    "always-set-cookie",
  ].map((detail): NginxSetting => ({
    names: [`global-auth-${detail}`],
    annotation: `auth-${detail}`,
  })),
  {
    names: ["global-auth-*"],
    judge: JUDGE.notServed(
      "A detail of global-auth-url",
      "Write the annotation auth-... of the same name beside auth-url",
    ),
  },
  {
    names: ["no-auth-locations"],
    read: "Read from there: rules whose paths begin so ask for no sign-in by auth-url and auth-type",
  },
  {
    names: ["enable-modsecurity", "enable-owasp-modsecurity-crs"],
    judge: JUDGE.onOff(
      JUDGE.restriction(
        "Hawser has no firewall for requests",
        "Run one behind Hawser, or keep ingress-nginx for hosts that need it",
      ),
      JUDGE.same("No firewall looks at requests"),
    ),
  },
  {
    names: ["modsecurity-snippet"],
    judge: JUDGE.restriction(SNIPPET, "Run a firewall behind Hawser, or keep ingress-nginx for hosts that need it"),
  },
  {
    names: ["limit-req-status-code", "limit-conn-status-code"],
    read: "Read from there: what requests beyond a limit are answered",
  },
  {
    names: ["limit-conn-zone-variable"],
    judge: JUDGE.where(
      (value) => value === "$binary_remote_addr",
      JUDGE.same("Limits count by the address of the client"),
      JUDGE.restriction(
        "Limits count by the address of the client",
        "Check that the limits of your Ingresses are still what you mean",
      ),
    ),
  },
  { names: ["limit-rate", "limit-rate-after"], annotation: "same-name" },
  {
    names: ["global-rate-limit-*"],
    judge: JUDGE.notServed("Each replica counts requests for itself", "Divide limits by the number of replicas"),
  },
  {
    names: ["allow-snippet-annotations"],
    judge: JUDGE.onOff(
      JUDGE.notServed(
        "A closed list of directives is done, whatever this says; what becomes of each snippet is said of its Ingress",
      ),
      JUDGE.notServed(
        "A closed list of directives of snippets is done, whatever this says",
        "Remove the snippets that are not to be done",
      ),
    ),
  },
  {
    names: ["main-snippet", "http-snippet", "server-snippet", "location-snippet", "stream-snippet", "*-snippet"],
    judge: JUDGE.restriction(
      SNIPPET,
      "Look whether it restricts anything, and write that as annotations of the Ingresses",
    ),
  },
  {
    names: ["allow-cross-namespace-resources"],
    judge: JUDGE.onOff(
      JUDGE.notServed(
        "Secrets are read in the namespace of the Ingress alone; an Ingress that names another is closed",
        "Copy the Secret into the namespace of the Ingress",
      ),
      JUDGE.same("Secrets are read in the namespace of the Ingress alone"),
    ),
  },
  {
    names: ["annotations-risk-level", "annotation-value-word-blocklist"],
    judge: JUDGE.needless(
      "No text of an annotation becomes configuration: each is read strictly, or closes what it is about",
    ),
  },
  {
    names: ["strict-validate-path-type"],
    judge: JUDGE.needless("Each path is read by its type, and one that cannot be read is closed"),
  },
  {
    names: ["nginx-status-ipv4-whitelist", "nginx-status-ipv6-whitelist"],
    judge: JUDGE.needless("The status is on --admin-address, not among the hosts"),
  },
];
