import { fileURLToPath } from "node:url";
import { goProgram } from "#lab/cluster/go-program.ts";

/**
 * Helm: a tool dependency of the module here, at a pinned version. Its libraries of Kubernetes are those that the cluster's
 * programs are built with, so that Go compiles them once.
 */
const program = goProgram({
  module: fileURLToPath(new URL("./", import.meta.url)),
  name: "helm",
  builds: "helm.sh/helm/v4/cmd/helm",
  duration: "about 2 minutes on two cores",
  version: { of: "helm.sh/helm/v4", title: "Helm" },
});

/** The file of Helm, once it is built. */
export const helmProgram = program.file;

/** Why Helm is not here, in words for a person; undefined if it is built. */
export const whyNoHelm = program.whyNot;

/** Builds Helm as `buildOnce` does. */
export const buildHelm = program.build;
