import { type Document, isAlias, isNode, isScalar, LineCounter, parseAllDocuments, visit, type YAMLMap } from "yaml";

/** Why YAML text could not be read, with its line in the text (from 1). */
export interface YamlFault {
  readonly kind: "syntax" | "duplicate-key" | "too-many-aliases";
  readonly line: number;
  /** Lower-case sentence part, such as `the key "spec" stands there twice`. */
  readonly why: string;
}

/** One YAML document, as JSON would have it: no dates, no binary, no maps with other keys than texts, no cycles. */
export type YamlDocument =
  | { readonly ok: true; readonly value: unknown; readonly line: number }
  | { readonly ok: false; readonly fault: YamlFault };

/** Aliases a document may expand to: more is the "billion laughs" attack, and no manifest. */
const MAX_ALIASES = 100;

/**
 * Reads every document of a text (YAML 1.2 with merge keys, strictly: a key may stand once). Each fault belongs to one
 * document; the others are read. Never throws. Documents are split before they are parsed, because a quote that is
 * never closed would else take the following documents with it.
 */
export function readYaml(text: string): readonly YamlDocument[] {
  return splitDocuments(text).flatMap((part) => readPart(part.text, part.line));
}

interface Part {
  readonly text: string;
  /** Line of its first character in the whole text, from 1. */
  readonly line: number;
}

/** Cuts before each line `---`; directives (`%YAML`) and comments before it stay with the document they are for. */
function splitDocuments(text: string): readonly Part[] {
  const parts: Part[] = [];
  let lines: string[] = [];
  let start = 1;
  for (const [index, line] of text.split("\n").entries()) {
    if (SEPARATOR.test(line) && !isPreamble(lines)) {
      parts.push({ text: lines.join("\n"), line: start });
      lines = [];
      start = index + 1;
    }
    lines.push(line);
  }
  return [...parts, { text: lines.join("\n"), line: start }];
}

const SEPARATOR = /^---(?:\s|$)/;

function isPreamble(lines: readonly string[]): boolean {
  return lines.every((line) => /^\s*(?:#|%|$)/.test(line));
}

function readPart(text: string, firstLine: number): readonly YamlDocument[] {
  const counter = new LineCounter();
  const lineAt = (offset: number) => firstLine + Math.max(0, counter.linePos(offset).line - 1);
  try {
    const documents = parseAllDocuments(text, {
      lineCounter: counter,
      prettyErrors: false,
      strict: true,
      stringKeys: true,
      resolveKnownTags: false,
      merge: true,
      // The library compares each key with all before it; `findDuplicate` needs one look-up.
      uniqueKeys: false,
      logLevel: "silent",
    });
    return Array.from(documents, (document) => readDocument(document, lineAt));
  } catch (error) {
    return [{ ok: false, fault: { kind: "syntax", line: firstLine, why: messageOf(error) } }];
  }
}

function readDocument(document: Document.Parsed, lineAt: (offset: number) => number): YamlDocument {
  const start = document.contents?.range[0] ?? document.range[0];
  const [error] = document.errors;
  if (error !== undefined)
    return { ok: false, fault: { kind: "syntax", line: lineAt(error.pos[0]), why: messageOf(error) } };
  const found = findFault(document);
  if (found !== undefined) {
    const { kind, why, offset } = found;
    return { ok: false, fault: { kind, why, line: lineAt(offset ?? start) } };
  }
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown, line: lineAt(start) };
  } catch (error) {
    return { ok: false, fault: { kind: "too-many-aliases", line: lineAt(start), why: messageOf(error) } };
  }
}

type Found = Omit<YamlFault, "line"> & { readonly offset: number | undefined };

/** What the library lets pass: a key that stands twice in a map, and an alias inside the node it stands for. */
function findFault(document: Document.Parsed): Found | undefined {
  let found: Found | undefined;
  visit(document, {
    Map(_key, map) {
      found = findDuplicate(map);
      return found === undefined ? undefined : visit.BREAK;
    },
    Alias(_key, alias, path) {
      const isInside = path.some((node) => isNode(node) && !isAlias(node) && node.anchor === alias.source);
      if (!isInside) return undefined;
      found = { kind: "syntax", why: `the alias *${alias.source} stands inside itself`, offset: alias.range?.[0] };
      return visit.BREAK;
    },
  });
  return found;
}

function findDuplicate(map: YAMLMap): Found | undefined {
  const keys = new Set<unknown>();
  for (const { key } of map.items) {
    const name = isScalar(key) ? key.value : key;
    // `<<` may stand twice: each merges another map.
    if (keys.has(name) && name !== "<<") {
      const offset = isNode(key) ? key.range?.[0] : undefined;
      return { kind: "duplicate-key", why: `the key ${JSON.stringify(name)} stands there twice`, offset };
    }
    keys.add(name);
  }
  return undefined;
}

/** The first line of an error's message, in the form of the middle of a sentence. */
function messageOf(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  const text = line.slice(0, 200).replace(/[.:]$/, "");
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
}
