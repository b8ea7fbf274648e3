import { describe, expect, it } from "vitest";
import { findingsIn, loadBalancer, pools } from "./found.ts";

/** The annotation proposed in place of one; undefined where nothing is said of it. */
function proposed(annotation: string): string | undefined {
  const service = loadBalancer("a", { metadata: `annotations: { ${annotation}: x }` });
  const [finding] = findingsIn([service]).filter(({ code }) => code === "SERVICE_ANNOTATION_UNKNOWN");
  return finding === undefined ? undefined : (/^Did you mean (.*)\?$/.exec(finding.fix)?.[1] ?? "");
}

describe("O6 misspelt annotations of Services", () => {
  it.each([
    ["hawser.dev/addres-pool", "hawser.dev/address-pool"],
    ["hawser.dev/load-balancer-ip", "hawser.dev/load-balancer-ips"],
    ["hawser.dev/loadBalancerIPs", "hawser.dev/load-balancer-ips"],
    ["hawser.dev/allow-shared-ip", "hawser.dev/sharing-key"],
    ["hawser.io/sharing-key", "hawser.dev/sharing-key"],
    ["metallb.io/load-balancer-ips", "metallb.io/loadBalancerIPs"],
    ["metallb.universe.tf/address_pool", "metallb.universe.tf/address-pool"],
    ["metalb.io/address-pool", "metallb.io/address-pool"],
  ])("%s is meant as %s", (annotation, meant) => {
    expect(proposed(annotation)).toBe(meant);
  });

  it.each(["hawser.dev/colour", "metallb.io/xyz"])("%s is like none of them", (annotation) => {
    expect(proposed(annotation)).toBe("");
  });

  it.each([
    "hawser.dev/address-pool",
    "metallb.io/loadBalancerIPs",
    "metallb.universe.tf/allow-shared-ip",
    "hawser.dev/ip-allocated-from-pool",
    "kube-vip.io/loadbalancerIPs",
    "lbipam.cilium.io/ips",
    "example.com/address-pool",
    "prometheus.io/scrape",
  ])("nothing of %s", (annotation) => {
    expect(proposed(annotation)).toBeUndefined();
  });

  describe("of Ingresses", () => {
    /** Severity and proposal for an annotation of an Ingress of Hawser's. */
    function proposedFor(annotation: string): string | undefined {
      const ingress = `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: a, annotations: { ${annotation}: x } }\nspec: { defaultBackend: { service: { name: a, port: { number: 80 } } } }`;
      const [finding] = findingsIn([ingress]).filter(({ code }) => code === "INGRESS_ANNOTATION_MISSPELT");
      return finding === undefined ? undefined : `${finding.severity} ${finding.fix}`;
    }

    it.each([
      ["nginx.ingress.kubernetes.io/rewrite-taget", "warning Did you mean nginx.ingress.kubernetes.io/rewrite-target?"],
      ["hawser.dev/ssl-redirct", "warning Did you mean hawser.dev/ssl-redirect?"],
      ["nginx.ingress.kubernets.io/ssl-redirect", "warning Did you mean nginx.ingress.kubernetes.io/ssl-redirect?"],
      [
        "nginx.ingress.kubernetes.io/whitelist-source-rang",
        "error Did you mean nginx.ingress.kubernetes.io/whitelist-source-range?",
      ],
      ["nginx.ingress.kubernetes.io/limit_rps", "error Did you mean nginx.ingress.kubernetes.io/limit-rps?"],
    ])("%s", (annotation, is) => {
      expect(proposedFor(annotation)).toBe(is);
    });

    it.each([
      "nginx.ingress.kubernetes.io/proxy-body-size",
      "traefik.ingress.kubernetes.io/auth-type",
      "alb.ingress.kubernetes.io/auth-type",
      "cert-manager.io/cluster-issuer",
      "nginx.org/rewrites",
    ])("nothing of %s", (annotation) => {
      expect(proposedFor(annotation)).toBeUndefined();
    });
  });

  it("and keys of the configuration", () => {
    const fixes = findingsIn([
      pools("name: a, adresses: [192.0.2.0/28]", "name: b, auto-asign: false, addresses: [192.0.2.32/28]"),
    ])
      .filter(({ code }) => code === "CONFIG_UNKNOWN_KEY")
      .map(({ fix, file }) => `${file} ${fix}`);
    expect(fixes).toEqual(["f.yaml:7 Did you mean addresses?", "f.yaml:8 Did you mean auto-assign?"]);
  });
});
