import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { factsOf, groupOf } from "#src/model/kind.ts";
import { PAGE_KINDS } from "#src/source/program-kinds.ts";
import { config, readManifests } from "./kustomization.ts";

const own = readManifests(join(config, "ui/rights.yaml"));
const rules = own.flatMap(({ metadata, rules = [] }) => (metadata.name === "hawser-ui" ? rules : []));

describe("config/ui", () => {
  it("lets the controller watch what its page shows, with the rights that it has without it, and nothing else", () => {
    const base = readManifests(join(config, "base/controller-rights.yaml")).flatMap(({ rules = [] }) => rules);
    const watched = (list: typeof rules): readonly string[] =>
      list.flatMap(({ apiGroups, resources, verbs }) =>
        verbs.includes("watch") ? apiGroups.flatMap((group) => resources.map((name) => `${group}/${name}`)) : [],
      );
    const names = PAGE_KINDS.map((kind) => `${groupOf(factsOf(kind).apiVersion)}/${factsOf(kind).plural}`);
    expect(names.filter((name) => ![...watched(base), ...watched(rules)].includes(name))).toEqual([]);
    expect(watched(rules).filter((name) => !names.includes(name) || watched(base).includes(name))).toEqual([]);
  });

  it("lets it write nothing but questions, and read no Secret", () => {
    const verbs = rules.flatMap(({ resources, verbs }) => resources.map((name) => [name, verbs] as const));
    expect(verbs.filter(([, own]) => own.some((verb) => !["list", "watch"].includes(verb)))).toEqual([
      ["tokenreviews", ["create"]],
      ["subjectaccessreviews", ["create"]],
    ]);
    expect(verbs.map(([name]) => name)).not.toContain("secrets");
  });

  it("makes the right to look, and binds it to no user", () => {
    const viewer = own.find(({ metadata }) => metadata.name === "hawser-ui-viewer");
    expect(viewer?.rules).toEqual([{ nonResourceURLs: ["/hawser/ui"], verbs: ["get"] }]);
    expect(own.filter(({ roleRef }) => roleRef?.name === "hawser-ui-viewer")).toEqual([]);
  });
});
