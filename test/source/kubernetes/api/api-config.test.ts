import { describe, expect, it } from "vitest";
import { inClusterConfig } from "#src/source/kubernetes/api/api-config.ts";

describe("inClusterConfig()", () => {
  it.each([
    { host: "10.96.0.1", server: "https://10.96.0.1:443" },
    { host: "fd00::1", server: "https://[fd00::1]:443" },
  ])("takes $host", ({ host, server }) => {
    const env = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: "443" };
    expect(inClusterConfig({ env })).toMatchObject({ ok: true, value: { server } });
  });

  it("is a Problem where there is no cluster", () => {
    expect(inClusterConfig({ env: {} })).toMatchObject({ ok: false, problems: [{ code: "SOURCE_MISSING" }] });
  });
});
