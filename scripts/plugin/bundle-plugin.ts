import { join } from "node:path";
import { type Plugin, rolldown } from "rolldown";
import { strictBundling } from "#scripts/strict-bundling.ts";
import { bundledPage } from "#scripts/bundled-page.ts";
import { version } from "#src/process/version.ts";

const ENTRY = "cli/plug-in.ts";
/** What of Node the bundle uses came with this version. */
export const NEEDED_NODE = 24;

const HEAD = `#!/usr/bin/env node
if (Number(process.versions.node.split(".")[0]) < ${NEEDED_NODE}) {
  process.stderr.write("kubectl-hawser: Node " + process.versions.node + " is too old, ${NEEDED_NODE} is needed. Install a newer one, or take the single executable\\n");
  process.exit(1);
}`;

/**
 * The plug-in as one script without a suffix, which any Node from 24 on runs, of every platform: no native module and no package
 * is needed beside it. @kubernetes/client-node stays outside, of 64 MB, for what kubectl itself hardly knows any longer
 * (`auth-provider`) and for proxies of SOCKS.
 */
export async function bundlePlugin(root: string): Promise<string> {
  const build = await rolldown({
    cwd: root,
    input: { "kubectl-hawser": join(root, ENTRY) },
    platform: "node",
    external: ["@kubernetes/client-node"],
    plugins: [knownVersion(), bundledPage()],
    transform: { target: `node${NEEDED_NODE}` },
    ...strictBundling(ENTRY),
  });
  await using _ = { [Symbol.asyncDispose]: async () => build.close() };
  // CommonJS, which Node takes a file without a suffix for, and which a single executable is made of.
  const { output } = await build.generate({ format: "cjs", codeSplitting: false, comments: false });
  const [script, ...more] = output;
  if (more.length > 0)
    throw new Error(`the plug-in is not one file: ${more.map(({ fileName }) => fileName).join(", ")}`);
  return `${HEAD}\n${script.code}`;
}

/** The version is in package.json, which is not beside the plug-in. */
function knownVersion(): Plugin {
  return {
    name: "known-version",
    load: {
      filter: { id: /\/src\/process\/version\.ts$/ },
      handler: () => `export const version = ${JSON.stringify(version)};`,
    },
  };
}
