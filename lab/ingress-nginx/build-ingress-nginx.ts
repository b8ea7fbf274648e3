import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildOnce, builtFolder } from "#lab/cluster/build-once.ts";
import { runGo } from "#lab/cluster/run-go.ts";

/** Where the module is that is a program of parts of ingress-nginx, at a pinned version. */
const MODULE = fileURLToPath(new URL("./", import.meta.url));
const NAME = "ingress-nginx";

/** The file of the program once it is built. */
export function ingressNginxFile(): string {
  return join(folder(), NAME);
}

function folder(): string {
  return builtFolder(
    NAME,
    ["go.mod", "go.sum", "main.go"].map((file) => readFileSync(MODULE + file)),
  );
}

/** Why there is nothing of ingress-nginx here, in words for a person; undefined if it is built. */
export function whyNoIngressNginx(): string | undefined {
  if (existsSync(folder())) return undefined;
  return process.env["HAWSER_NO_INGRESS_NGINX"] || `${NAME} is not built: run npm run cluster -- --build --${NAME}`;
}

/** Builds it as `buildOnce` does. */
export async function buildIngressNginx(say: (line: string) => void): Promise<void> {
  const buildInto = async (part: string): Promise<void> => {
    await runGo(MODULE, ["build", "-mod=readonly", "-trimpath", "-ldflags", "-s -w", "-o", join(part, NAME), "."]);
  };
  await buildOnce({ name: NAME, folder: folder(), duration: "about 2 minutes on two cores", buildInto }, say);
}
