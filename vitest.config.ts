import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// Six projects in two suites. `npm test`: `pure` and `unit` run in parallel, `lab` beside it builds racks in namespaces, one file after the other.
// `npm run test:cluster`: `image` builds the container image, `cluster` runs a real Kubernetes in racks, `install` adds real nodes
// and containers to that, as root only.

/** Half of the time of the unit tests is waiting, so there is work for more workers than cores. */
const unitWorkers = Math.ceil(availableParallelism() * 1.5);

/**
 * Tests of the pure folders of src: no state that one file leaves could be seen by the next, so that these share what they import, which
 * takes half of their time otherwise.
 */
const pure =
  "test/{assignment,auth,balancing,check,collections,configuration,election,filters,ip,layer2,migration,model,pattern,routing,tls,view,wire}/**/*.test.ts";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "pure",
          include: [pure],
          isolate: false,
          restoreMocks: true,
          maxWorkers: unitWorkers,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [pure, "test/image/**", "test/lab/**", "test/cluster/**", "test/install/**"],
          maxWorkers: unitWorkers,
          // Waits end on their condition; this bounds them on a machine that is busy with other things.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "lab",
          include: ["test/lab/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "image",
          include: ["test/image/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "cluster",
          include: ["test/cluster/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: "install",
          include: ["test/install/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
