import { type CaptureReport, readCaptureReport } from "#src/model/capture-report.ts";
import type { Fields } from "#src/model/record.ts";
import { ClusterLister } from "#src/source/kubernetes/cluster-lister.ts";
import { findApiConfig } from "#src/source/kubernetes/kubeconfig/find-config.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { openManifests } from "./open-manifests.ts";
import type { SeeOptions } from "./see-installation.ts";

/** What speakers saw, as often as it is looked at. */
export interface CaptureReports {
  readonly everyMs: number;
  /** Reports are on their way for so long at most, after the speakers have listened. */
  readonly graceMs: number;
  /** None where they cannot be read now. */
  look(): Promise<readonly CaptureReport[]>;
  close(): Promise<void>;
}

const FOLDER = { everyMs: 200, graceMs: 3_000 } as const;
const CLUSTER = { everyMs: 1_000, graceMs: 10_000 } as const;

/** Opens the reports of captures in a folder or a cluster; undefined where there is none. */
export async function openCaptureReports(
  options: SeeOptions,
  { env }: Pick<ProgramIo, "env">,
): Promise<CaptureReports | undefined> {
  if (options.manifests === undefined) {
    const config = findApiConfig({ ...options, env });
    if (!config.ok) return undefined;
    return {
      ...CLUSTER,
      async look() {
        // A lister keeps in mind what it could not read.
        const lister = new ClusterLister(config.value);
        const reports = await lister.reports(options.namespace, "capture").finally(() => lister.close());
        return readAll(reports ?? new Map<string, Fields>());
      },
      close: async () => Promise.resolve(),
    };
  }
  const opened = await openManifests(options.manifests, []);
  if (typeof opened === "string") return undefined;
  return {
    ...FOLDER,
    look: async () => Promise.resolve(readAll(opened.source.reports("capture"))),
    close: async () => opened.source.close(),
  };
}

function readAll(reports: ReadonlyMap<string, Fields>): readonly CaptureReport[] {
  return [...reports].flatMap(([name, value]) => readCaptureReport(name, value) ?? []);
}
