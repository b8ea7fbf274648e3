/** A directive in a snippet of nginx configuration, as far as it is of interest here. */
export interface SnippetDirective {
  /** The first word: `deny`. */
  readonly name: string;
  /** The directive on one line, without its block: `deny all`. */
  readonly text: string;
  /** Counted from 1 in the snippet. */
  readonly line: number;
}

/**
 * Directives that change neither who may come in nor what is reached: how long and how large things are, how answers are
 * compressed, cached and logged, and fields added to answers. Everything else may restrict (`deny`, `return`, `if`,
 * `auth_basic`, `limit_req`, `set`, `proxy_set_header`, Lua), keep something secret (`proxy_hide_header`), or hide a
 * directive that does.
 */
const HARMLESS =
  /^(?:add_header|more_set_headers|expires|etag|gzip(?:_\w+)?|brotli(?:_\w+)?|access_log|error_log|log_not_found|log_subrequest|charset|chunked_transfer_encoding|proxy_(?:buffering|buffer_size|buffers|busy_buffers_size|request_buffering|(?:connect|read|send)_timeout|pass_header|http_version|socket_keepalive|max_temp_file_size)|client_(?:body_buffer_size|body_timeout|header_timeout|header_buffer_size|max_body_size)|large_client_header_buffers|keepalive_(?:timeout|requests)|send_timeout|sendfile|tcp_(?:nodelay|nopush)|port_in_redirect|server_tokens|underscores_in_headers|ssl_(?:session_timeout|session_cache|buffer_size))$/;

/**
 * The first directive of a snippet that is not provably harmless; undefined where there is none. Text that is not
 * nginx configuration counts as a directive of its own.
 */
export function firstRiskyDirective(snippet: string): SnippetDirective | undefined {
  for (const directive of readDirectives(snippet)) if (!isHarmless(directive)) return directive;
  return undefined;
}

/** A field that replaces one of the endpoint's may let fewer origins in. */
function isHarmless({ name, text }: SnippetDirective): boolean {
  return HARMLESS.test(name) && (name !== "more_set_headers" || !/access-control-/i.test(text));
}

/** Reads `name arguments;` and `name arguments {`; comments, quotes and escapes as nginx has them. Linear. */
function* readDirectives(snippet: string): Generator<SnippetDirective> {
  /** Where the present directive begins, and in which line; -1 between two. */
  let start = -1;
  let startLine = 1;
  let line = 1;
  let quote = "";
  for (let index = 0; index < snippet.length; index++) {
    const character = snippet.charAt(index);
    if (character === "\n") line += 1;
    if (quote === "" && isBreak(character)) {
      if (start !== -1) yield directiveOf(snippet.slice(start, index), startLine);
      start = -1;
    } else if (quote === "" && character === "#" && isWordStart(snippet, index)) {
      // The end of the line is looked at again: it counts.
      index = lineEnd(snippet, index) - 1;
    } else {
      if (start === -1 && !/\s/.test(character)) [start, startLine] = [index, line];
      // As in nginx, a quotation mark inside a word is a character like any other.
      if (quote === "" && /["']/.test(character) && isWordStart(snippet, index)) quote = character;
      else if (character === quote) quote = "";
      if (character === "\\" && snippet.charAt(index + 1) !== "\n") index += 1;
    }
  }
  if (start !== -1) yield directiveOf(snippet.slice(start), startLine);
}

/** What ends a directive. What closes a block was opened by a directive that has been seen. */
function isBreak(character: string): boolean {
  return character === ";" || character === "{" || character === "}";
}

function lineEnd(snippet: string, from: number): number {
  const end = snippet.indexOf("\n", from);
  return end === -1 ? snippet.length : end;
}

function isWordStart(snippet: string, index: number): boolean {
  return index === 0 || /[\s;{}]/.test(snippet.charAt(index - 1));
}

function directiveOf(text: string, line: number): SnippetDirective {
  const words = text.trim().replaceAll(/\s+/g, " ");
  return { name: words.split(" ", 1)[0] ?? "", text: words, line };
}
