// The install manifests as one file for each way of exposing, for people without a clone: config/WAY.yaml.
// Usage: node scripts/manifests.js   (needs kubectl; test/config says when it is due)
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { config, render, ways } from "./manifests/render.ts";

for (const way of ways) writeFileSync(join(config, `${way}.yaml`), render(way));
