import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// Six projects in two suites. `npm test`: `pure` and `unit` run in parallel, `lab` beside it builds racks in namespaces, one file after the other.
// `npm run test:cluster`: `image` builds the container image, `cluster` runs a real Kubernetes in racks, `install` adds real nodes
// and containers to that, as root only.

/** Waits end on their condition; this bounds them on a machine that is busy with other things. */
const LONGEST_MS = 120_000;
/** Half of the time of the unit tests is waiting, so there is work for more workers than cores. */
const UNIT_WORKERS = Math.ceil(availableParallelism() * 1.5);
/**
 * Tests of the pure folders of src: no state that one file leaves could be seen by the next, so that these share what they import, which
 * takes half of their time otherwise.
 */
const PURE =
  "test/{assignment,auth,balancing,check,collections,configuration,election,filters,ip,layer2,migration,model,pattern,routing,tls,view,wire}/**/*.test.ts";
/** Folders whose files run one after the other, in this order where a run has several of them. */
const SERIAL = ["lab", "image", "cluster", "install"];

const parallel = {
  maxWorkers: UNIT_WORKERS,
  testTimeout: LONGEST_MS,
  hookTimeout: LONGEST_MS,
  sequence: { groupOrder: 0 },
};

function serial(name: string, index: number) {
  // Real nodes take their time.
  const timeoutMs = name === "install" ? 180_000 : LONGEST_MS;
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      fileParallelism: false,
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      sequence: { groupOrder: index + 1 },
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      { test: { ...parallel, name: "pure", include: [PURE], isolate: false, restoreMocks: true } },
      {
        test: {
          ...parallel,
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [PURE, ...SERIAL.map((folder) => `test/${folder}/**`)],
        },
      },
      ...SERIAL.map(serial),
    ],
  },
});
