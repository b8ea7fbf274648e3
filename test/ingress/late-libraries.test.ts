import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Loads a module of ours, and prints which of these libraries come with it. */
const SCRIPT = `
  const { registerHooks } = require("node:module");
  const loaded = new Set();
  registerHooks({
    load(url, context, next) {
      const name = /node_modules\\/(jose|openid-client|oauth4webapi|@redis\\/client)\\//.exec(url)?.[1];
      if (name !== undefined) loaded.add(name);
      return next(url, context);
    },
  });
  import(process.argv[1]).then(() => console.log([...loaded].sort().join(" ")));
`;

async function librariesOf(module: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", SCRIPT, module], { cwd: ROOT });
  return stdout.trim();
}

it.each([
  ["what verifies tokens", "./src/auth/jwt/verify-token.ts", "jose"],
  ["the program of the ingress", "./ingress/run-ingress.ts", ""],
])("%s loads the libraries that it needs from the start, and no others", async (_name, module, libraries) => {
  expect(await librariesOf(module)).toBe(libraries);
});
