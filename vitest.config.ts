import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// Eight projects in three suites. `npm test`: the files of `unit` run in parallel, `lab` and `lab-story` beside it build racks in namespaces, one file after the other.
// `npm run test:long`: `long` and `long-lab`, which are tests of the same two kinds that take long.
// `npm run test:cluster`: `image` builds the container image, `cluster` runs a real Kubernetes in racks, `install` adds real nodes
// and containers to that, as root only.

/** Waits end on their condition; this bounds them on a machine that is busy with other things. */
const LONGEST_MS = 120_000;
/** Half of the time of the unit tests is waiting, so there is work for more workers than cores. */
const UNIT_WORKERS = Math.ceil(availableParallelism() * 1.5);
/** Folders whose files run one after the other, in this order where a run has several of them. */
const SERIAL = ["lab", "image", "cluster", "install"];
/** What plays many random histories, networks of many speakers, or programs under attack or at their end: half of the time of all. */
const LONG = [
  "test/assignment/{model-based,plan.property,planner.property}.test.ts",
  "test/cli/{completion,drain,release}.test.ts",
  "test/config/monitoring/{alerts,component}.test.ts",
  "test/controller/{metallb-rules,overlap,release}.test.ts",
  "test/ingress/{abuse,any-split,clients,endpoint-health,last-clients,policy-index,rolling-restart,slow-readers}.test.ts",
  "test/ingress/http2/any-split.test.ts",
  "test/ingress/io/net-fuzz.test.ts",
  "test/ingress/limits/{redis-store,store-outage}.test.ts",
  "test/ingress/workers/{program-with-workers,worker-servers}.test.ts",
  "test/model/{hostile-annotations,property}.test.ts",
  "test/page/browser.test.ts",
  "test/process/{listen,print-metrics}.test.ts",
  "test/routing/{build-routes,closed-path}.test.ts",
  "test/source/folder/folder.test.ts",
  "test/speaker/{deaths,partitions,speaker,watching}.test.ts",
];
/** What takes about as long as the rest of the lab. */
const LAB_STORY = ["test/lab/{dead-endpoints,demo,page-in-rack}.test.ts"];
const LONG_LAB = [
  "test/lab/{answer-ping,capture,conflict-ipv6,heartbeats-blocked,heartbeats-ipv6,large-takeover,layer2-page,node-interfaces,partition,planned-moves,pool-advertising,silent-owner,soak,spread,virtual-router,watching}.test.ts",
];

function parallel(name: string, files: { readonly include: string[]; readonly exclude?: string[] }) {
  return {
    test: {
      ...files,
      name,
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
  };
}

function serial(
  name: string,
  index: number,
  {
    include = [`test/${name}/**/*.test.ts`],
    exclude = [],
  }: { readonly include?: string[]; readonly exclude?: string[] } = {},
) {
  // Real nodes take their time.
  const timeoutMs = name === "install" ? 180_000 : LONGEST_MS;
  return {
    test: {
      name,
      include,
      exclude,
      fileParallelism: false,
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      sequence: { groupOrder: index + 1 },
    },
  };
}

const folders = SERIAL.map((folder) => `test/${folder}/**`);

export default defineConfig({
  test: {
    projects: [
      parallel("unit", { include: ["test/**/*.test.ts"], exclude: [...folders, ...LONG] }),
      parallel("long", { include: LONG }),
      ...SERIAL.map((name, index) =>
        serial(name, index, name === "lab" ? { exclude: [...LAB_STORY, ...LONG_LAB] } : {}),
      ),
      serial("lab-story", SERIAL.length, { include: LAB_STORY }),
      serial("long-lab", SERIAL.length + 1, { include: LONG_LAB }),
    ],
  },
});
