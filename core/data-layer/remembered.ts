/** Remembers the last answers of a function of texts: few user agents and addresses make most events. */
const KEPT = 2_000;

export function remembered<T>(of: (text: string) => T): (text: string) => T {
  const answers = new Map<string, T>();
  return (text) => {
    const known = answers.get(text);
    if (known !== undefined) return known;
    const answer = of(text);
    // The oldest go: a map keeps the order in which its keys came.
    if (answers.size >= KEPT) answers.delete(answers.keys().next().value ?? "");
    answers.set(text, answer);
    return answer;
  };
}
