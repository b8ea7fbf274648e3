import { type Document, Document as NewDocument, isMap, isScalar, isSeq, Pair, Scalar, stringify } from "yaml";
import { objectName, sourceObjects, stepsOf } from "./source-objects.ts";

/**
 * A place of an object that differs from config/. `put` says how:
 * - `value`: `text` is the expression that takes the place of a scalar.
 * - `yaml`: `text` is the expression of a map or a list; where it is empty, the key is left out.
 * - `item`, `entry`: `text` is lines of the template, added to a list or a map at `at`.
 * - `if`: what is at the place is there only where the expression `text` is true.
 * - `lines`: `text` is lines of the template in place of the whole entry of a map.
 *
 * A step of `at` in a list is a number, or the `name` of an item.
 */
export interface Hole {
  readonly at: string;
  readonly put: "value" | "yaml" | "item" | "entry" | "if" | "lines";
  readonly text: string;
}

/** One template of the chart. */
export interface Template {
  /** File of charts/hawser/templates. */
  readonly file: string;
  /** File of config/ that it is made from. */
  readonly source: string;
  /** What has to be true for any of its objects. */
  readonly when?: string;
  /** By `Kind name`: the holes of an object; `when`, what has to be true for it; false leaves it out. */
  readonly objects?: Readonly<Record<string, { readonly when?: string; readonly holes?: readonly Hole[] } | false>>;
}

const TOKEN = "HOLE_";
const STYLE = { lineWidth: 0, indentSeq: false } as const;
const NAMESPACE = "hawser-system";

/** The text of a template. Throws where a hole is at a place that the object does not have. */
export function renderTemplate({ file, source, when, objects = {} }: Template): string {
  const documents = sourceObjects(source).filter((one) => objects[objectName(one)] !== false);
  const unknown = Object.keys(objects).filter((name) => !sourceObjects(source).some((one) => objectName(one) === name));
  if (unknown.length > 0) throw new Error(`config/${source} has no ${unknown.join(", ")}`);
  const bodies = documents.map((document) => {
    const { when: condition, holes = [] } = objects[objectName(document)] || {};
    return within(condition, renderObject(document, [...holes, ...exposeLabel(document)]));
  });
  const text = `{{- /* Made by scripts/chart.js from config/${source}, where the comments are. */}}\n${within(when, bodies.join(""))}`;
  if (text.includes(TOKEN)) throw new Error(`${file}: a hole was not filled`);
  return text;
}

/** All lines of a file or an object, where a condition is true. */
function within(condition: string | undefined, text: string): string {
  return condition === undefined ? text : `{{- if ${condition} }}\n${text}{{- end }}\n`;
}

/** Which way of exposing an object of the ingress belongs to, as the patches of config/expose write it. */
function exposeLabel(document: Document): readonly Hole[] {
  const component = document.getIn(["metadata", "labels", "app.kubernetes.io/component"]);
  return component === "ingress"
    ? [{ at: "metadata.labels", put: "entry", text: "hawser.dev/expose: {{ .Values.expose }}" }]
    : [];
}

function renderObject(document: Document.Parsed, holes: readonly Hole[]): string {
  const blocks: string[][] = [];
  for (const hole of holes) blocks.push(dig(document, hole, `${TOKEN}${blocks.length}_`));
  document.comment = null;
  document.commentBefore = null;
  for (const comment of ["comment", "commentBefore"] as const) if (document.contents) document.contents[comment] = null;
  dropComments(document.contents);
  const lines = document
    .toString({ ...STYLE, directives: false })
    .trimEnd()
    .split("\n");
  const filled = lines.flatMap((line) => fill(line, holes, blocks));
  return `---\n${filled.join("\n").replaceAll(NAMESPACE, "{{ .Release.Namespace }}")}\n`;
}

/** Comments explain config/; the chart has its own, in values.yaml. */
function dropComments(node: unknown): void {
  if (isMap(node) || isSeq(node)) {
    for (const item of node.items as readonly unknown[]) {
      if (item instanceof Pair) {
        clear(item.key);
        clear(item.value);
        dropComments(item.value);
      } else {
        clear(item);
        dropComments(item);
      }
    }
  }
}

function clear(node: unknown): void {
  if (!isMap(node) && !isSeq(node) && !isScalar(node)) return;
  node.comment = null;
  node.commentBefore = null;
  node.spaceBefore = false;
}

/** Puts a token at the place of a hole; returns the lines that it stands for, empty where `fill` makes them. */
function dig(document: Document, { at, put, text }: Hole, token: string): string[] {
  const steps = findSteps(document, at);
  const node: unknown = document.getIn(steps, true);
  if (node === undefined && put !== "yaml") throw new Error(`${objectName(document)} has no ${at}`);
  if (put === "item" || put === "entry") {
    if (put === "item" && isSeq(node)) node.add(document.createNode(token));
    else if (put === "entry" && isMap(node)) node.items.push(new Pair(new Scalar(token), new Scalar("")));
    else throw new Error(`${objectName(document)}: ${at} is not a place for an ${put}`);
    return text.split("\n");
  }
  if (put === "value" || put === "yaml") {
    document.setIn(steps, token);
    return [];
  }
  const kept = stringify(new NewDocument(wrapped(steps.at(-1), node, document)), STYLE).trimEnd();
  const parent: unknown = document.getIn(steps.slice(0, -1), true);
  document.setIn(steps, token);
  if (isMap(parent)) {
    const pair = parent.items.find(({ value }) => (isScalar(value) ? value.value : value) === token);
    if (pair !== undefined) pair.key = new Scalar(token);
  }
  return put === "lines" ? text.split("\n") : [`{{- if ${text} }}`, ...kept.split("\n"), "{{- end }}"];
}

function findSteps(document: Document, at: string): (string | number)[] {
  return stepsOf(at).reduce<(string | number)[]>((steps, step) => {
    const parent: unknown = document.getIn(steps, true);
    if (!isSeq(parent) || typeof step === "number") return [...steps, step];
    const found = parent.items.findIndex((item) => isMap(item) && item.get("name") === step);
    if (found === -1) throw new Error(`${objectName(document)}: no item ${step} in ${steps.join(".")}`);
    return [...steps, found];
  }, []);
}

function wrapped(key: string | number | undefined, node: unknown, document: Document): unknown {
  const value = (node as { toJS: (of: Document) => unknown }).toJS(document);
  return typeof key === "number" ? [value] : { [String(key)]: value };
}

const WHOLE_LINE = new RegExp(`^( *)(- )?${TOKEN}(\\d+)_(:.*)?$`);
const VALUE = new RegExp(`^( *(?:- )?)([^:]+): ${TOKEN}(\\d+)_$`);

function fill(line: string, holes: readonly Hole[], blocks: readonly (readonly string[])[]): readonly string[] {
  const whole = WHOLE_LINE.exec(line);
  if (whole !== null) {
    const [, indent = "", dash = "", at = "", isKey] = whole;
    const lines = blocks[Number(at)] ?? [];
    // The first key of an item of a list has the item's dash before it; lines in place of an item have their own.
    return isKey === undefined || dash === ""
      ? lines.map((one) => indent + one)
      : lines.map((one, line) => `${indent}${line === 0 ? dash : "  "}${one}`);
  }
  const value = VALUE.exec(line);
  if (value === null) return [line];
  const [, begin = "", key = "", at = ""] = value;
  const { put, text } = holes[Number(at)] ?? { put: "value", text: "" };
  if (put === "value") return [`${begin}${key}: {{ ${text} }}`];
  const indent = begin.replace("- ", "  ");
  return [
    `${indent}{{- with ${text} }}`,
    `${begin}${key}:`,
    `${indent}  {{- toYaml . | nindent ${indent.length + 2} }}`,
    `${indent}{{- end }}`,
  ];
}
