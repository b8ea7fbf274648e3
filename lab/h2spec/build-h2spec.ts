import { fileURLToPath } from "node:url";
import { goProgram } from "#lab/cluster/go-program.ts";

/** h2spec, which tests servers of HTTP/2: a tool dependency of the module here, at a pinned version. */
const program = goProgram({
  module: fileURLToPath(new URL("./", import.meta.url)),
  name: "h2spec",
  builds: "github.com/summerwind/h2spec/cmd/h2spec",
  duration: "under a minute on two cores",
});

/** The file of h2spec, once it is built. */
export const h2specFile = program.file;

/** Why h2spec is not here, in words for a person; undefined if it is built. */
export const whyNoH2spec = program.whyNot;

/** Builds h2spec as `buildOnce` does. */
export const buildH2spec = program.build;
