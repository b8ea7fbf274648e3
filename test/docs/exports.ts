/** The names that a file exports, in order; a name that is both a value and its type is in it twice. */
export function exportsOf(text: string): readonly string[] {
  const exported = /^export (?:async )?(?:function\*?|const|abstract class|class|interface|type) (\w+)/gm;
  return [...text.matchAll(exported)].map(([, name = ""]) => name);
}
