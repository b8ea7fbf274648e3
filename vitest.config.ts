import { defineConfig } from "vitest/config";

// Two projects: `unit` runs in parallel; `lab` builds racks in namespaces, one file after the other.
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/lab/**"], sequence: { groupOrder: 0 } } },
      {
        test: {
          name: "lab",
          include: ["test/lab/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
