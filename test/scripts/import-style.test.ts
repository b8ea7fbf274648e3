import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

// Plain JavaScript without types: any Node runs it.
const { restyled, oddImports } = (await import(join(root, "scripts/import-style.js"))) as {
  readonly restyled: (file: string, text: string) => string;
  readonly oddImports: () => readonly unknown[];
};

describe("imports", () => {
  it("F are written in one way everywhere", () => expect(oddImports()).toEqual([]));

  it.each([
    { name: "of the same folder", file: "speaker/main.ts", from: "#speaker/worker.ts", to: "./worker.ts" },
    { name: "of a folder below", file: "ingress/main.ts", from: "#ingress/io/net.ts", to: "./io/net.ts" },
    { name: "of the folder above", file: "ingress/io/net.ts", from: "../main.ts", to: "#ingress/main.ts" },
    { name: "of another room", file: "src/ip/cidr.ts", from: "../wire/arp.ts", to: "#src/wire/arp.ts" },
    { name: "of a package", file: "src/ip/cidr.ts", from: "ipaddr.js", to: "ipaddr.js" },
  ])("F $name become $to", ({ file, from, to }) => {
    expect(restyled(file, `import { a } from "${from}";\n`)).toBe(`import { a } from "${to}";\n`);
    expect(restyled(file, `import {\n  a,\n} from "${from}";\n`)).toBe(`import {\n  a,\n} from "${to}";\n`);
  });

  it("F in code that is run elsewhere stay as they are", () => {
    const code = 'const program = `\n  const { a } = await import("#src/ip/address.ts");\n`;\n';
    expect(restyled("src/ip/cidr.ts", code)).toBe(code);
  });
});
