import { globSync } from "node:fs";
import { expect, it } from "vitest";
import { read, root } from "#test/docs/page.ts";

/** Modules of objects that Kubernetes has, and of what is made of them. */
const OBJECTS = /"(#src\/routing\/ingress\/|\.\/ingress\/|#src\/model\/(ingress|service|endpoint-slice|object)\.ts)/;

it("neither the route table nor the engine sees an object of Kubernetes", () => {
  const files = globSync(["src/routing/*.ts", "ingress/engine/*.ts", "ingress/io/*.ts"], { cwd: root });
  const imports = files.flatMap((path) =>
    [...read(path).matchAll(/^(?:import|export) .*from .*;$|^\} from .*;$/gm)].map(([line]) => `${path}: ${line}`),
  );
  expect(imports.length).toBeGreaterThan(150);
  expect(imports.filter((line) => OBJECTS.test(line))).toEqual([]);
});
