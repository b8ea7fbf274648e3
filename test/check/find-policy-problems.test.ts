import { describe, expect, it } from "vitest";
import { printPlace } from "#src/model/problem-place.ts";
import { findingsIn } from "./found.ts";

const SERVICE = `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80}], selector: {app: web}}
`;
const WEB = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  rules:
    - host: a.com
      http: {paths: [{path: /api, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
`;
const policy = (name: string, spec: string) =>
  `apiVersion: hawser.dev/v1alpha1\nkind: HTTPPolicy\nmetadata: {name: ${name}, namespace: shop}\nspec:\n${spec}`;

/** `CODE LINE` of each Problem of a policy; lines from the beginning of its object. */
function ofPolicies(...texts: readonly string[]): readonly string[] {
  const before = [SERVICE, ...texts.slice(0, 1), ""].join("---\n").split("\n").length - 1;
  return findingsIn([SERVICE, ...texts])
    .filter(({ at }) => printPlace(at).includes("HTTPPolicy"))
    .map(({ code, file }) => `${code} ${Number(file?.split(":")[1]) - before}`);
}

describe("hawser check of policies", () => {
  it("E finds nothing wrong with one that is in use", () => {
    const text = policy("p", '  targetRefs: [{kind: Ingress, name: web}]\n  settings: {limit-rps: "1"}\n');
    expect(ofPolicies(WEB, text)).toEqual([]);
  });

  it.each([
    {
      what: "a setting",
      spec: "  targetRefs: [{kind: Ingress, name: web}]\n  settings:\n    limit-rps: many\n",
      at: 7,
      code: "POLICY_INVALID",
    },
    {
      what: "an unknown key",
      spec: "  targetRefs: [{kind: Ingress, name: web}]\n  setings: {}\n",
      at: 6,
      code: "CONFIG_UNKNOWN_KEY",
    },
    {
      what: "a missing Ingress",
      spec: "  targetRefs:\n    - {kind: Ingress, name: wbe}\n",
      at: 6,
      code: "POLICY_TARGET_MISSING",
    },
    {
      what: "a missing path",
      spec: "  targetRefs:\n    - {kind: Ingress, name: web, path: /apis}\n",
      at: 6,
      code: "POLICY_TARGET_MISSING",
    },
    {
      what: "a Service without requests",
      spec: "  targetRefs:\n    - {kind: Service, name: other}\n",
      at: 6,
      code: "POLICY_TARGET_MISSING",
    },
    {
      what: "a Secret that is not there",
      spec: "  targetRefs: [{kind: Ingress, name: web}]\n  settings:\n    auth-type: basic\n    auth-secret: users\n",
      at: 8,
      code: "INGRESS_AUTH_SECRET_MISSING",
    },
    {
      what: "half of a restriction",
      spec: "  targetRefs: [{kind: Ingress, name: web}]\n  settings:\n    auth-type: basic\n",
      at: 7,
      code: "POLICY_INVALID",
    },
  ])("E names the line of $what", ({ spec, at, code }) => {
    const text = policy("p", spec);
    expect(ofPolicies(WEB, text)).toEqual([`${code} ${at}`]);
  });

  it("E names the lines of both of two that contradict each other", () => {
    const spec = (limit: string) => `  targetRefs: [{kind: Ingress, name: web}]\n  settings: {limit-rps: "${limit}"}\n`;
    const conflicts = ofPolicies(WEB, policy("p", spec("1")), policy("q", spec("2")));
    expect(conflicts).toEqual(["POLICY_CONFLICT 13", "POLICY_CONFLICT 6"]);
  });

  it("E leaves policies alone that are for Ingresses of another controller", () => {
    const foreign = WEB.replace("spec:\n", "spec:\n  ingressClassName: other\n");
    expect(ofPolicies(foreign, policy("p", "  targetRefs: [{kind: Ingress, name: web}]\n"))).toEqual([]);
  });
});
