import { fileURLToPath } from "node:url";
import { goProgram } from "#lab/cluster/go-program.ts";

/** oauth2-proxy: a tool dependency of the module here, at a pinned version. */
const program = goProgram({
  module: fileURLToPath(new URL("./", import.meta.url)),
  name: "oauth2-proxy",
  builds: "github.com/oauth2-proxy/oauth2-proxy/v7",
  duration: "about 2 minutes on two cores",
});

/** The file of oauth2-proxy, once it is built. */
export const oauth2ProxyFile = program.file;

/** Why oauth2-proxy is not here, in words for a person; undefined if it is built. */
export const whyNoOauth2Proxy = program.whyNot;

/** Builds oauth2-proxy as `buildOnce` does. */
export const buildOauth2Proxy = program.build;
