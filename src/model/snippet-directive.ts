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

/** What nginx takes for white space between words: no other kind of blank. */
const BLANKS = " \t\r\n";
/** What ends a directive, where a word could begin. What closes a block was opened by a directive that has been seen. */
const BREAKS = ";{}";

/**
 * Reads `name arguments;` and `name arguments {` with words, comments, quotes and escapes as nginx has them
 * (ngx_conf_read_token): what differs from it would hide a directive from us. Linear.
 */
function* readDirectives(snippet: string): Generator<SnippetDirective> {
  /** Where the present directive begins, and in which line; -1 between two. */
  let start = -1;
  let startLine = 1;
  let line = 1;
  for (let index = 0; index < snippet.length;) {
    const character = snippet.charAt(index);
    let end = index + 1;
    if (BREAKS.includes(character)) {
      if (start !== -1) yield directiveOf(snippet.slice(start, index), startLine);
      start = -1;
    } else if (character === "#") {
      end = lineEnd(snippet, index);
    } else if (!BLANKS.includes(character)) {
      if (start === -1) [start, startLine] = [index, line];
      end = wordEnd(snippet, index);
      // A quote without an end is not nginx configuration: what begins with it counts.
      if (end === -1) return yield directiveOf(snippet.slice(index), startLine);
    }
    line += snippet.slice(index, end).split("\n").length - 1;
    index = end;
  }
  if (start !== -1) yield directiveOf(snippet.slice(start), startLine);
}

/** Where a word ends; -1 for one that begins with a quotation mark and never ends. A mark inside a word is a character like any other. */
function wordEnd(snippet: string, start: number): number {
  const mark = snippet.charAt(start);
  if (mark !== '"' && mark !== "'") return bareEnd(snippet, start);
  for (let index = start + 1; index < snippet.length; index++) {
    const character = snippet.charAt(index);
    if (character === "\\") index += 1;
    // After a closing parenthesis nginx begins another word without a blank.
    else if (character === mark) return snippet.charAt(index + 1) === ")" ? index + 2 : bareEnd(snippet, index + 1);
  }
  return -1;
}

function bareEnd(snippet: string, start: number): number {
  /** `${` does not open a block. */
  let isVariable = false;
  for (let index = start; index < snippet.length; index++) {
    const character = snippet.charAt(index);
    if (isVariable && character === "{") continue;
    if (character === ";" || character === "{" || BLANKS.includes(character)) return index;
    isVariable = character === "$";
    // The next character is one like any other, even the end of a line.
    if (character === "\\") index += 1;
  }
  return snippet.length;
}

function lineEnd(snippet: string, from: number): number {
  const end = snippet.indexOf("\n", from);
  return end === -1 ? snippet.length : end;
}

function directiveOf(text: string, line: number): SnippetDirective {
  const words = text.replaceAll(/[ \t\r\n]+/g, " ").trim();
  return { name: words.split(" ", 1)[0] ?? "", text: words, line };
}
