import { defineConfig } from "vitest/config";

// Four projects: `unit` runs in parallel; `lab` builds racks in namespaces, one file after the other, and so does
// `cluster`, with a real Kubernetes in them; `install` adds real nodes and containers to that, as root only.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/image/**", "test/lab/**", "test/cluster/**", "test/install/**"],
          // Waits end on their condition; this bounds them on a machine that is busy with other things.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "lab",
          include: ["test/image/**/*.test.ts", "test/lab/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "cluster",
          include: ["test/cluster/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "install",
          include: ["test/install/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
