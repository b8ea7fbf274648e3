import { describe, expect, it } from "vitest";
import { type AuditEvent, type Grant, refusals, unusedPermissions } from "#lab/install/audit.ts";

const USER = "system:serviceaccount:hawser-system:hawser-speaker";

function event(verb: string, objectRef: AuditEvent["objectRef"], code = 200): AuditEvent {
  return {
    user: { username: USER },
    verb,
    requestURI: "/api/x",
    responseStatus: { code },
    ...(objectRef && { objectRef }),
  };
}

describe("unusedPermissions()", () => {
  const grant: Grant = {
    user: USER,
    namespace: "hawser-system",
    rules: [
      { verbs: ["get", "patch"], apiGroups: ["coordination.k8s.io"], resources: ["leases"] },
      { verbs: ["get"], apiGroups: [""], resources: ["configmaps"], resourceNames: ["hawser"] },
      { verbs: ["patch"], apiGroups: [""], resources: ["services/status"] },
    ],
  };
  const lease = { apiGroup: "coordination.k8s.io", resource: "leases", namespace: "hawser-system", name: "speaker-n1" };
  const configMap = { resource: "configmaps", namespace: "hawser-system", name: "hawser" };
  const status = { resource: "services", subresource: "status", namespace: "hawser-system", name: "web" };
  const all = [event("get", lease), event("patch", lease), event("get", configMap), event("patch", status)];

  it("is silent when each verb on each resource was used", () => {
    expect(unusedPermissions([grant], all)).toEqual([]);
  });

  it.each([
    { name: "no such verb", without: 1, unused: "hawser-speaker: patch leases.coordination.k8s.io (hawser-system)" },
    { name: "no such resource", without: 2, unused: "hawser-speaker: get configmaps hawser (hawser-system)" },
    { name: "no such subresource", without: 3, unused: "hawser-speaker: patch services/status (hawser-system)" },
  ])("names what $name was asked with", ({ without, unused }) => {
    expect(unusedPermissions([grant], all.toSpliced(without, 1))).toEqual([unused]);
  });

  it.each([
    { name: "another user's", like: (one: AuditEvent) => ({ ...one, user: { username: "admin" } }) },
    { name: "a refused one", like: (one: AuditEvent) => ({ ...one, responseStatus: { code: 403 } }) },
    {
      name: "one in another namespace",
      like: (one: AuditEvent) => ({ ...one, objectRef: { ...one.objectRef, namespace: "x" } }),
    },
    {
      name: "one of another name",
      like: (one: AuditEvent) => ({ ...one, objectRef: { ...one.objectRef, name: "x" } }),
    },
    {
      name: "the whole resource",
      like: (one: AuditEvent) => ({ ...one, objectRef: { ...one.objectRef, resource: "services" } }),
    },
  ])("does not count $name", ({ like }) => {
    expect(unusedPermissions([grant], all.with(2, like(all[2] as AuditEvent)))).toEqual([
      "hawser-speaker: get configmaps hawser (hawser-system)",
    ]);
  });

  it("takes a request in any namespace for a permission that counts everywhere", () => {
    expect(unusedPermissions([{ user: USER, rules: grant.rules }], all)).toEqual([]);
  });
});

describe("refusals()", () => {
  it("counts each kind of refused request, and only those", () => {
    expect(refusals([event("get", {}), event("get", {}, 403), event("get", {}, 403), event("get", {}, 404)])).toEqual([
      `${USER}: get /api/x (2 times)`,
    ]);
  });
});
