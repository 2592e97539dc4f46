/** Texts out of a grammar: rules are lists of alternatives; `{rule}` stands for one of them. */

export type Grammar = Readonly<Record<string, readonly string[]>>;
export type Draw = () => number;

/** Marsaglia's xorshift, 32 bits: the same seed gives the same texts on every machine. */
export function seededDraw(seed: number): Draw {
  let state = seed | 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}

type Part = Readonly<{ text: string }> | Readonly<{ rule: string; optional: boolean }>;

/** A writer of texts. Throws when a rule names one that is not there. */
export function writerOf(grammar: Grammar, draw: Draw): (rule: string) => string {
  const rules = new Map<string, readonly (readonly Part[])[]>();
  for (const [name, alternatives] of Object.entries(grammar))
    rules.set(name, alternatives.map(partsOf));
  const write = (rule: string): string => {
    const alternatives = rules.get(rule);
    if (alternatives === undefined) throw new Error(`no rule ${rule}`);
    let text = '';
    for (const part of alternatives[Math.floor(draw() * alternatives.length)]!) {
      if ('text' in part) text += part.text;
      else if (!part.optional || draw() < 0.5) text += write(part.rule);
    }
    return text;
  };
  return write;
}

/** `{name}` and `{name?}` are rules; any other brace is itself. */
function partsOf(template: string): Part[] {
  return template
    .split(/(\{\w+\??\})/)
    .filter((piece) => piece !== '')
    .map((piece): Part => {
      const name = /^\{(\w+)(\??)\}$/.exec(piece);
      return name === null ? { text: piece } : { rule: name[1]!, optional: name[2] === '?' };
    });
}
