import { describe, expect, it } from "vitest";
import { ANNOTATION_TABLE } from "#src/model/annotations/annotation-table.ts";
import { readAnnotated } from "#test/support/annotated-ingress.ts";

const NGINX = "nginx.ingress.kubernetes.io/";

const SERVED = ANNOTATION_TABLE.flatMap(({ records }) => records)
  .filter(({ served }) => served?.prefixes.includes(NGINX))
  .flatMap(({ names }) => names);

/** Names that every object of JavaScript has, in forms that annotations have. */
const VALUES = ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"].flatMap((name) => [
  name,
  name.toUpperCase(),
  `$${name}`,
  `${name} ${name}`,
  `${name}:${name}`,
  `http://${name}.test/$${name}`,
  `10${name}`,
  `${name} x;`,
  `add_header ${name} x;`,
  `proxy_set_header ${name} x;`,
  `more_set_headers "${name}: x";`,
  `more_set_input_headers "${name}: x";`,
  `return ${name};`,
  `location ${name} /x { return 404; }`,
  `location /${name} { ${name} x; }`,
]);

describe("annotations with names that every object has", () => {
  it.each(SERVED)("%s is read without a fault, and as nothing that only a program could write", (name) => {
    for (const value of VALUES) {
      const parsed = readAnnotated({ [name]: value });
      const settings = parsed.ok ? Object.values(parsed.value.settings) : [];
      expect([value, settings.filter((one) => typeof one === "function" || one === Object.prototype)]).toEqual([
        value,
        [],
      ]);
    }
  });

  it("proxy_set_header sets a field of such a name", () => {
    const parsed = readAnnotated({ "configuration-snippet": "proxy_set_header constructor x;" });
    expect(parsed.ok && parsed.value.settings.configurationSnippet?.requestFields).toEqual([
      { name: "constructor", value: "x" },
    ]);
  });

  it("a protocol of such a name closes the paths", () => {
    const parsed = readAnnotated({ "backend-protocol": "constructor" });
    expect(parsed.ok && parsed.value.closed).toBe("closed-unsupported");
  });
});
