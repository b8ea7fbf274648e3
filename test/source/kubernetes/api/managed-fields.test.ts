import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withoutManagedFields } from "#src/source/kubernetes/api/managed-fields.ts";

const cut = (text: string): string => withoutManagedFields(Buffer.from(text));

/** As the API server writes them: last in `metadata`. */
function objectWith(name: string, managedFields: readonly unknown[], data: unknown) {
  return { metadata: { name, managedFields }, data };
}

describe("withoutManagedFields()", () => {
  it.each([
    { name: "an object without", json: '{"metadata":{"name":"a"}}', is: '{"metadata":{"name":"a"}}' },
    {
      name: "one with",
      json: '{"metadata":{"name":"a","managedFields":[{"f":[1,[2]]}]},"spec":{}}',
      is: '{"metadata":{"name":"a"},"spec":{}}',
    },
    { name: "an empty list", json: '{"metadata":{"name":"a","managedFields":[]}}', is: '{"metadata":{"name":"a"}}' },
    {
      name: "brackets and quotes in texts",
      json: String.raw`{"m":{"name":"a","managedFields":[{"k:{\"x\":\"]\"}":"]\\"},"]"],"z":1}}`,
      is: '{"m":{"name":"a","z":1}}',
    },
    {
      name: "a text that looks like it",
      json: String.raw`{"data":{"x":",\"managedFields\":[1]","y":2}}`,
      is: String.raw`{"data":{"x":",\"managedFields\":[1]","y":2}}`,
    },
    {
      name: "one cut off within the list",
      json: '{"a":1,"managedFields":[{"x":[',
      is: '{"a":1,"managedFields":[{"x":[',
    },
    { name: "one cut off within a text", json: '{"a":1,"managedFields":["x\\', is: '{"a":1,"managedFields":["x\\' },
    { name: "nothing", json: "", is: "" },
  ])("$name", ({ json, is }) => expect(cut(json)).toBe(is));

  it("leaves everything else of any list of objects", () => {
    const object = fc.record({
      name: fc.string({ unit: "binary" }),
      fields: fc.array(fc.json()),
      data: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.array(object, { maxLength: 3 }), (objects) => {
        // Texts that hold JSON are the hard ones: keys of fields are such.
        const whole = objects.map(({ name, fields, data }) => objectWith(name, [...fields, { [name]: data }], data));
        const read = JSON.parse(cut(JSON.stringify({ kind: "List", items: whole }))) as { items: readonly unknown[] };
        const wanted = objects.map(({ name, data }) => ({ metadata: { name }, data }));
        expect(read.items).toEqual(JSON.parse(JSON.stringify(wanted)));
      }),
      { numRuns: 50 },
    );
  });
});
