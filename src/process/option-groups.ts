import { logLevels } from "./log.ts";
import type { OptionSpecs } from "./option-spec.ts";

/** The options of a program that logs. */
export const logOptions = {
  logLevel: { kind: "string", default: "info", choices: logLevels, help: "Lowest level to log" },
} as const satisfies OptionSpecs;

/** The options of the admin port: where it listens, and for which paths. */
export function adminOptions<const P extends number>(port: P, paths: string) {
  return {
    adminAddress: { kind: "string", default: "0.0.0.0", help: `Address of ${paths}` },
    adminPort: { kind: "number", default: port, min: 0, max: 65_535, help: `Port of ${paths}` },
  } as const satisfies OptionSpecs;
}

/** The options that say which Ingresses are served, and what has the requests that none of them has, in the ingress and in commands; `controller`: by default. */
export function ingressScopeOptions<const C extends string>(controller: C) {
  return {
    ingressClass: { kind: "string", default: "hawser", help: "Name of the IngressClass to serve" },
    controllerClass: {
      kind: "string",
      default: controller,
      placeholder: "CONTROLLER",
      help: "Serve the classes whose IngressClass has this spec.controller, such as k8s.io/ingress-nginx",
    },
    watchIngressWithoutClass: {
      kind: "boolean",
      default: false,
      help: "Serve Ingresses without a class where no IngressClass is the default. With --manifests they are always served",
    },
    compat: {
      kind: "string",
      choices: ["hawser", "nginx"],
      default: "hawser",
      help: "How paths are compared: as Ingress says (hawser), or as ingress-nginx does (nginx): every path of a host where an Ingress has regular expressions is one, and /path is redirected to a path /path/ of Exact or ImplementationSpecific",
    },
    sslRedirect: {
      kind: "boolean",
      default: false,
      help: "Redirect plain HTTP to HTTPS (308) for hosts with a tls entry, unless the Ingress says otherwise by ssl-redirect",
    },
    sslRedirectPort: {
      kind: "number",
      min: 1,
      max: 65_535,
      default: 443,
      help: "Port for HTTPS that clients see, which redirects to HTTPS name unless it is 443",
    },
    sslPassthrough: {
      kind: "boolean",
      default: false,
      help: "Pass TLS connections on unread, by their server name, for hosts whose Ingress says ssl-passthrough. Without it such an Ingress is closed",
    },
    defaultSslCertificate: {
      kind: "string",
      placeholder: "NAMESPACE/NAME",
      help: "Secret with the certificate for clients whose server name no other certificate covers (default: self-signed)",
    },
    defaultBackendService: {
      kind: "string",
      placeholder: "NAMESPACE/NAME",
      help: "Service whose first port answers requests that no rule matches (default: 404 is answered)",
    },
    disableSvcExternalName: {
      kind: "boolean",
      default: false,
      help: "Send no requests to Services of type ExternalName: they are answered 503",
    },
    watchNamespace: {
      kind: "string",
      placeholder: "NAMESPACE",
      help: "Serve the Ingresses of this namespace alone (default: of all)",
    },
    watchNamespaceSelector: {
      kind: "string",
      placeholder: "SELECTOR",
      help: "Serve the Ingresses of namespaces with these labels alone, such as team=web. It needs the right to list and watch Namespaces",
    },
  } as const satisfies OptionSpecs;
}

/** The option that chooses Services by their class; `does` is what the program does with them. */
export function classOptions(does: string, other: string) {
  return {
    loadBalancerClass: {
      kind: "string",
      help: `${does} Services of exactly this class (default: those without a class). Must be the same on the ${other}`,
    },
    alsoClassless: {
      kind: "boolean",
      help: `With --load-balancer-class: ${does.toLowerCase()} Services without a class, too. Must be the same on the ${other}`,
    },
  } as const satisfies OptionSpecs;
}
