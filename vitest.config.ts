import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// Five projects in two suites. `npm test`: the files of `unit` run in parallel, `lab` beside it builds racks in namespaces, one file after the other.
// `npm run test:cluster`: `image` builds the container image, `cluster` runs a real Kubernetes in racks, `install` adds real nodes
// and containers to that, as root only.

/** Waits end on their condition; this bounds them on a machine that is busy with other things. */
const LONGEST_MS = 120_000;
/** Half of the time of the unit tests is waiting, so there is work for more workers than cores. */
const UNIT_WORKERS = Math.ceil(availableParallelism() * 1.5);
/** Folders whose files run one after the other, in this order where a run has several of them. */
const SERIAL = ["lab", "image", "cluster", "install"];

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
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: SERIAL.map((folder) => `test/${folder}/**`),
          maxWorkers: UNIT_WORKERS,
          testTimeout: LONGEST_MS,
          hookTimeout: LONGEST_MS,
          sequence: { groupOrder: 0 },
          // Files of one worker share what they import, which saves a third of their time; no file changes what another one sees.
          isolate: false,
          restoreMocks: true,
          unstubEnvs: true,
          unstubGlobals: true,
        },
      },
      ...SERIAL.map(serial),
    ],
  },
});
