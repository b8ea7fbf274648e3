import { describe, expect, it } from "vitest";
import { NginxConfigReader } from "#ingress/nginx-config-reader.ts";
import type { KubeObject } from "#src/model/object.ts";
import { createLogger } from "#src/process/log.ts";
import { ProblemLog } from "#src/process/problem-log.ts";
import { readApiObject } from "#src/source/kubernetes/read/read-api-object.ts";

const problems = new ProblemLog(createLogger({ component: "test", level: "silent" }));

function configMap(name: string, data: Readonly<Record<string, string>>): KubeObject {
  const written = { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "x", name }, data };
  return readApiObject("ConfigMap", written, () => undefined)!;
}

describe("NginxConfigReader", () => {
  it("hands on what the ConfigMaps say once for each change of one of them, however often it looks", () => {
    const objects = new Map<string, KubeObject>();
    const known = new Set(["x/config"]);
    const handed: boolean[] = [];
    const reader = new NginxConfigReader(
      { key: "x/config", isInForce: () => false, useHeaders: ({ ofAnswers }) => handed.push(ofAnswers !== undefined) },
      { get: (_kind, key) => objects.get(key) },
      problems,
    );
    const look = () => [reader.update((key) => known.has(key)), reader.update((key) => known.has(key))];
    expect(look()).toEqual([false, false]);
    objects.set("x/config", configMap("config", { "add-headers": "x/added" }));
    expect(look()).toEqual([true, false]);
    known.add("x/added");
    expect(look()).toEqual([false, false]);
    objects.set("x/added", configMap("added", { "X-Frame-Options": "DENY" }));
    look();
    objects.set("x/config", configMap("config", {}));
    expect(look()).toEqual([true, false]);
    expect(handed).toEqual([false, false, false, true, false]);
  });
});
