// Who may import what: the table of docs/architecture.md as data. `npm run check` turns it into lint rules
// (.oxlintrc.json is generated from it), so the page, the rule and the code cannot drift apart.
// Usage: node scripts/import-table.js [--check|--print]
import { readFileSync, writeFileSync } from "node:fs";
import { oddImports } from "./import-style.js";

/** Folder -> what its files may import; programs name the rooms of src one by one. `node:` means any built-in; `types:` allows `import type` only. */
export const importTable = {
  "src/collections": [],
  "src/ip": ["ipaddr.js"],
  "src/wire": ["#src/ip", "node:crypto"],
  "src/http2": [],
  "src/pattern": [],
  "src/model": ["#src/collections", "#src/ip", "#src/pattern", "yaml"],
  "src/configuration": ["#src/collections", "#src/ip", "#src/model"],
  "src/assignment": ["#src/collections", "#src/ip", "#src/model"],
  "src/election": ["#src/collections", "#src/ip", "#src/wire", "#src/model", "node:crypto"],
  "src/layer2": ["#src/collections", "#src/ip", "#src/wire", "#src/model"],
  "src/auth": ["#src/model", "bcryptjs", "jose", "node:crypto"],
  "src/filters": ["#src/ip", "#src/model", "#src/pattern", "#src/auth", "node:crypto"],
  "src/balancing": [],
  "src/routing": ["#src/collections", "#src/model", "#src/pattern", "#src/auth", "#src/filters", "#src/balancing"],
  "src/tls": ["#src/collections", "#src/model", "#src/routing", "node:crypto"],
  "src/check": [
    "#src/ip",
    "#src/model",
    "#src/configuration",
    "#src/assignment",
    "#src/auth",
    "#src/filters",
    "#src/routing",
    "#src/tls",
  ],
  "src/view": [
    "#src/ip",
    "#src/model",
    "#src/configuration",
    "#src/assignment",
    "#src/election",
    "#src/auth",
    "#src/filters",
    "#src/routing",
    "#src/tls",
  ],
  "src/migration": ["#src/ip", "#src/model", "#src/assignment", "#src/view", "yaml"],
  "src/status": ["#src/model", "#src/process"],
  "src/source": [
    "#src/collections",
    "#src/model",
    "#src/status",
    "#src/process",
    "node:",
    "yaml",
    "types:@kubernetes/client-node",
  ],
  "src/linux": ["#src/ip", "#src/wire", "#src/process", "#native", "node:"],
  "src/page": ["#src/model", "#src/view", "node:", "htm"],
  "src/process": ["#src/model", "node:", "pino", "prom-client"],
  native: ["node:"],
  controller: [
    "#src/ip",
    "#src/model",
    "#src/configuration",
    "#src/assignment",
    "#src/election",
    "#src/status",
    "#src/routing",
    "#src/view",
    "#src/page",
    "#src/source",
    "#src/linux",
    "#src/process",
    "node:",
    "prom-client",
    "types:@kubernetes/client-node",
  ],
  speaker: [
    "#src/ip",
    "#src/wire",
    "#src/model",
    "#src/configuration",
    "#src/election",
    "#src/layer2",
    "#src/source",
    "#src/linux",
    "#src/process",
    "node:",
    "prom-client",
  ],
  ingress: [
    "@redis/client",
    "#src/collections",
    "#src/http2",
    "#src/ip",
    "#src/model",
    "#src/auth",
    "#src/filters",
    "#src/balancing",
    "#src/routing",
    "#src/tls",
    "#src/status",
    "#src/source",
    "#src/linux",
    "#src/process",
    "node:",
    "prom-client",
    "openid-client",
  ],
  cli: [
    "#src/ip",
    "#src/wire",
    "#src/layer2",
    "#src/model",
    "#src/routing",
    "#src/check",
    "#src/view",
    "#src/migration",
    "#src/page",
    "#src/source",
    "#src/process",
    "node:",
    "yaml",
  ],
  web: ["#src/view", "types:#src/page"],
};

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const { dependencies, devDependencies, optionalDependencies } = manifest;
const everything = [
  ...Object.keys(importTable).map((folder) => `#${folder}`),
  "#lab",
  "#bench",
  "node:",
  ...Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }),
];

/** The names a folder may not import: everything that exists, less what the table allows. */
function forbidden(folder, allowed) {
  const names = [...allowed.filter((name) => !name.startsWith("types:")), `#${folder}`];
  const covers = (name) => (candidate) =>
    candidate === name || candidate.startsWith(`${name}/`) || (candidate === "node:" && name === "node:crypto");
  return everything.filter((candidate) => !names.some((name) => covers(name)(candidate)));
}

function pattern(name) {
  if (name === "node:") return "^node:";
  return name.startsWith("#") ? `^${name}/` : `^${name.replaceAll(".", "\\.")}(?:/|$)`;
}

/** Pure folders: no clock, no chance, no I/O. Effects live in src/process, src/source, src/linux and the loops. */
const pure = [
  "src/collections",
  "src/ip",
  "src/wire",
  "src/http2",
  "src/pattern",
  "src/model",
  "src/configuration",
  "src/assignment",
  "src/election",
  "src/layer2",
  "src/auth",
  "src/filters",
  "src/balancing",
  "src/routing",
  "src/tls",
  "src/status",
  "src/check",
  "src/view",
  "src/migration",
];

function overrideFor(folder, allowed) {
  const message = `${folder} may import: ${allowed.join(", ") || "nothing"} (docs/architecture.md, import table)`;
  const typeOnly = allowed.filter((name) => name.startsWith("types:")).map((name) => name.slice(6));
  const regexes = forbidden(folder, allowed)
    .filter((name) => !typeOnly.includes(name))
    .map(pattern);
  const patterns = [
    { regex: "^\\.\\./", message: "import other folders by their # name" },
    { regex: regexes.join("|"), message },
    ...(allowed.includes("node:crypto") ? [{ regex: "^node:(?:[abd-z]|c[a-qs-z])", message }] : []),
    ...typeOnly.map((name) => ({ regex: pattern(name), message: "import type only", allowTypeImports: true })),
  ];
  const rules = { "no-restricted-imports": ["error", { patterns }] };
  if (pure.includes(folder)) {
    rules["no-restricted-globals"] = ["error", "setTimeout", "setInterval", "setImmediate", "process", "performance"];
    rules["no-restricted-properties"] = [
      "error",
      { object: "Date", property: "now", message: "time is a parameter (nowMs)" },
      { object: "Math", property: "random", message: "chance is a parameter" },
    ];
  }
  return { files: [`${folder}/**/*.ts`], rules };
}

function config() {
  return {
    $schema: "./node_modules/oxlint/configuration_schema.json",
    plugins: ["typescript", "import", "unicorn", "oxc", "promise"],
    categories: { correctness: "error", suspicious: "error" },
    ignorePatterns: ["node_modules", "native/build", "test/golden"],
    rules: {
      "typescript/no-floating-promises": "error",
      "typescript/no-misused-promises": "error",
      "typescript/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "typescript/no-explicit-any": "error",
      "typescript/consistent-type-imports": "error",
      "typescript/no-unsafe-type-assertion": "off",
      "import/no-cycle": "error",
      "import/no-default-export": "error",
      "import/no-unassigned-import": "off",
      "import/no-named-as-default-member": "off",
      "typescript/unbound-method": "off",
      "oxc/no-barrel-file": "error",
      "no-restricted-imports": [
        "error",
        { patterns: [{ regex: "^\\.\\./", message: "import other folders by their # name" }] },
      ],
      "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
      "max-params": ["error", 4],
      "max-depth": ["error", 4],
      complexity: ["error", 20],
      "unicorn/filename-case": ["error", { case: "kebabCase" }],
      "no-await-in-loop": "off",
      "no-shadow": "off",
      "unicorn/no-array-sort": "off",
      "unicorn/no-array-reverse": "off",
      "unicorn/consistent-function-scoping": "off",
      "unicorn/prefer-add-event-listener": "off",
      "unicorn/require-post-message-target-origin": "off",
    },
    overrides: [
      ...Object.entries(importTable).map(([folder, allowed]) => overrideFor(folder, allowed)),
      {
        files: ["**/*.js"],
        rules: { "no-restricted-imports": "off", "typescript/restrict-template-expressions": "off" },
      },
      // A table of texts, one entry for each code.
      { files: ["src/model/problem-codes.ts"], rules: { "max-lines": "off" } },
      { files: ["vitest.config.ts"], rules: { "import/no-default-export": "off" } },
      { files: ["test/**/*.ts", "bench/**/*.ts", "lab/**/*.ts"], rules: { "max-lines": "off", complexity: "off" } },
    ],
  };
}

const file = new URL("../.oxlintrc.json", import.meta.url);
const text = `${JSON.stringify(config(), undefined, 2)}\n`;
if (process.argv.includes("--print")) {
  console.log(JSON.stringify(importTable));
} else if (process.argv.includes("--check")) {
  if (readFileSync(file, "utf8") !== text) {
    console.error(
      "The file .oxlintrc.json is not what scripts/import-table.js makes: run node scripts/import-table.js",
    );
    process.exitCode = 1;
  }
  for (const { file } of oddImports()) {
    console.error(`${file}: imports are not as scripts/import-style.js has them: run node scripts/import-table.js`);
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, text);
  for (const { file, text } of oddImports()) writeFileSync(new URL(`../${file}`, import.meta.url), text);
}
