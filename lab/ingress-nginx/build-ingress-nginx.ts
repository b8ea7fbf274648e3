import { fileURLToPath } from "node:url";
import { goProgram } from "#lab/cluster/go-program.ts";

/** The part of ingress-nginx that writes statuses: the module here is a program of it, at a pinned version. */
const program = goProgram({
  module: fileURLToPath(new URL("./", import.meta.url)),
  name: "ingress-nginx",
  builds: ".",
  duration: "about 2 minutes on two cores",
});

/** The file of the program, once it is built. */
export const ingressNginxFile = program.file;

/** Why the program is not here, in words for a person; undefined if it is built. */
export const whyNoIngressNginx = program.whyNot;

/** Builds the program as `buildOnce` does. */
export const buildIngressNginx = program.build;
