import { DIRECTIVE_BREAKS, readSnippetWords } from "./read-snippet-words.ts";

/** A directive of nginx with its arguments, and with the directives of its block. */
export interface ReadDirective {
  readonly name: string;
  /** Without their quotation marks. */
  readonly args: readonly string[];
  /** The directive on one line, without its block: `location = /a`. */
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
  readonly block?: readonly ReadDirective[];
}

/** Directives of one snippet, those in blocks too. */
const MAX_DIRECTIVES = 100;
/** A backslash before these is not a character of the value, for nginx; what it means there no value needs. */
const ESCAPES = /\\["'\\ trn]/;

/** Reads all directives of a snippet, with blocks one deep; undefined where it is not nginx configuration, or too long. */
export function readSnippet(snippet: string): readonly ReadDirective[] | undefined {
  const reader = new SnippetReader();
  for (const { text, line } of readSnippetWords(snippet)) if (text === "" || !reader.take(text, line)) return undefined;
  return reader.end();
}

/** Puts words together to directives, one word after the other. */
class SnippetReader {
  readonly #outer: ReadDirective[] = [];
  /** The block that is open. */
  #block: { readonly head: ReadDirective; readonly inner: ReadDirective[] } | undefined;
  /** Of the directive that is being read. */
  #words: string[] = [];
  #line = 1;
  #count = 0;

  /** False: what comes here no directive of nginx has. */
  take(text: string, line: number): boolean {
    if (!DIRECTIVE_BREAKS.includes(text)) {
      if (this.#words.length === 0) this.#line = line;
      this.#words.push(text);
      return true;
    }
    if (++this.#count > MAX_DIRECTIVES) return false;
    if (text === "}") return this.#closeBlock();
    const directive = directiveOf(this.#words, this.#line);
    this.#words = [];
    if (directive === undefined) return false;
    return text === ";" ? (this.#block?.inner ?? this.#outer).push(directive) > 0 : this.#openBlock(directive);
  }

  /** The directives; undefined where one has no end. */
  end(): readonly ReadDirective[] | undefined {
    return this.#words.length > 0 || this.#block !== undefined ? undefined : this.#outer;
  }

  #openBlock(head: ReadDirective): boolean {
    if (this.#block !== undefined) return false;
    this.#block = { head, inner: [] };
    return true;
  }

  #closeBlock(): boolean {
    const block = this.#block;
    if (this.#words.length > 0 || block === undefined) return false;
    this.#outer.push({ ...block.head, block: block.inner });
    this.#block = undefined;
    return true;
  }
}

/** Undefined where there is no word, or one has an escape of nginx. */
function directiveOf(words: readonly string[], line: number): ReadDirective | undefined {
  if (words.length === 0 || words.some((word) => ESCAPES.test(word))) return undefined;
  const [name = "", ...args] = words.map(unquoted);
  return { name, args, text: words.join(" "), line };
}

function unquoted(word: string): string {
  return word.startsWith('"') || word.startsWith("'") ? word.slice(1, -1) : word;
}
