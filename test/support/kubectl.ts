import { spawnSync } from "node:child_process";

/** Whether there is a kubectl in PATH. */
export const hasKubectl = spawnSync("kubectl", ["version", "--client"]).status === 0;
