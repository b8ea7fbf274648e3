import { child, complain, type Field, isUnset } from "#src/model/field.ts";
import { readYaml, type YamlFault } from "#src/model/read-yaml.ts";
import { isRecord } from "#src/model/record.ts";
import { lineInText, writtenInText } from "#src/model/written-yaml.ts";

/** The key under `data` that holds it. */
const DATA_KEY = "config";
/** An API server takes no larger ConfigMap (1 MiB). */
const MAX_CONFIG_LENGTH = 1024 * 1024;

/**
 * Reads the YAML text in a ConfigMap: its one document, with the lines of its values. Undefined, with a Problem, where it
 * cannot be read at all; with a Problem too where only a part of it was read.
 */
export function readConfigText(root: Field): Field | undefined {
  const data = child(root, "data");
  const field = child(data, DATA_KEY);
  const text = field.value;
  if (typeof text !== "string") {
    const fix = isRecord(text)
      ? `Write "${DATA_KEY}: |" so that what follows is one text`
      : `Write the pools as a text under data.${DATA_KEY}`;
    return complain({ ...data, place: field.place }, "CONFIG_TEXT_MISSING", {
      what: `Cannot find the text "${DATA_KEY}"`,
      why: "it holds the pools",
      fix,
    });
  }
  const what = "Cannot read the configuration";
  if (text.length > MAX_CONFIG_LENGTH) {
    const why = `it has ${text.length} characters, and ${MAX_CONFIG_LENGTH} is the limit`;
    return complain(field, "CONFIG_NOT_YAML", { what, why, fix: "Write ranges in place of single addresses" });
  }
  const documents = readYaml(text).filter((document) => !document.ok || !isUnset({ ...field, value: document.value }));
  for (const document of documents) if (!document.ok) complainOfYaml(field, text, document.faults);
  if (documents.length > 1) {
    const why = `it has ${documents.length} documents, separated by ---`;
    complain(field, "CONFIG_NOT_YAML", { what, why, fix: "Write all pools into one list address-pools" });
  }
  const [document] = documents;
  const content = document?.ok === false ? document.content : document;
  if (document !== undefined && content === undefined) return undefined;
  const place = content && { written: writtenInText(field.place, content.written), keys: [] };
  return { ...field, path: "", holder: root.holder, value: content?.value, place };
}

function complainOfYaml(field: Field, text: string, faults: readonly YamlFault[]): void {
  const lines = text.split("\n");
  for (const { line, why, kind } of faults) {
    const code = kind === "duplicate-key" ? "CONFIG_DUPLICATE_KEY" : "CONFIG_NOT_YAML";
    complain({ ...field, path: `${field.path} line ${line}` }, code, {
      what: "Cannot read the configuration",
      why: mayShowPassword(why, lines, line) ? "it is not YAML, and may contain a password" : why,
      fix: "Fix that line",
      line: lineInText(field.place, line),
    });
  }
}

/** A fault of YAML may repeat a part of the text: not where that may be of a password. */
function mayShowPassword(why: string, lines: readonly string[], line: number): boolean {
  const isNear = lines.slice(Math.max(0, line - 2), line).some((text) => PASSWORD.test(text));
  return isNear || lines.some((_, index) => wordsOfPassword(lines, index).some((word) => why.includes(word)));
}

const PASSWORD = /password["']?\s*:(.*)/i;

/** The words after a key "password", in its line or in the next one; other keys are none. */
function wordsOfPassword(lines: readonly string[], index: number): readonly string[] {
  const after = PASSWORD.exec(lines[index] ?? "")?.[1];
  if (after === undefined) return [];
  const words = `${after} ${lines[index + 1] ?? ""}`.split(/[\s"'*&!,{}[\]]+/);
  return words.filter((word) => /[^-|>]/.test(word) && !word.endsWith(":"));
}
