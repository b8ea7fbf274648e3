import { fileURLToPath } from "node:url";
import { goProgram } from "#lab/cluster/go-program.ts";

/** external-dns: the module here requires it at a pinned version, and has a main function that is ours. */
const program = goProgram({
  module: fileURLToPath(new URL("./", import.meta.url)),
  name: "external-dns",
  builds: ".",
  duration: "about 3 minutes on two cores",
  version: { of: "sigs.k8s.io/external-dns", title: "external-dns" },
  toolchain: "go1.27.3",
});

/** The file of external-dns, once it is built. */
export const externalDnsProgram = program.file;

/** Why external-dns is not here, in words for a person; undefined if it is built. */
export const whyNoExternalDns = program.whyNot;

/** Builds external-dns as `buildOnce` does. */
export const buildExternalDns = program.build;
