import type { Plugin } from "rolldown";
import { readPageFiles } from "#src/page/page-files.ts";

/** The package that is in the files of the page: a folder below the root. */
export const PAGE_PACKAGE = "node_modules/htm";

/** Puts the files of the page into a bundle, beside which there are none. */
export function bundledPage(): Plugin {
  return {
    name: "bundled-page",
    load: {
      filter: { id: /\/src\/page\/page-files\.ts$/ },
      handler: () => `export function readPageFiles() { return new Map(${JSON.stringify([...readPageFiles()])}); }`,
    },
  };
}
