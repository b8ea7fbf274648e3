import { compilePattern, type PatternProgram } from "./compile-pattern.ts";
import { type ComparedText, parsePattern, PatternFault } from "./parse-pattern.ts";

/** Characters of an expression. */
const MAX_LENGTH = 512;

/** The instructions for an expression, for paths from their beginning on; or why it cannot be used: a sentence without its end. */
export function readProgram(text: string, compared: ComparedText): PatternProgram | { readonly why: string } {
  if (text.length > MAX_LENGTH) return { why: `it has more than ${MAX_LENGTH} characters` };
  try {
    return compilePattern(parsePattern(compared === "path" ? `^${text}` : text, compared));
  } catch (error) {
    if (error instanceof PatternFault) return { why: error.message };
    throw error;
  }
}
