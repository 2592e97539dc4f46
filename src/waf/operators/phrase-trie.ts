/**
 * The states of an Aho-Corasick automaton (Communications of the ACM 18, 1975): a trie of the phrases,
 * and of every state the longest proper suffix that is a state too. Numbered breadth first, so that the
 * children of a state stand in a row and one number tells where they begin.
 */
export interface PhraseTrie {
  readonly states: number;
  /** Kinds of bytes; 0 is for those that are in no phrase. */
  readonly classes: number;
  /** Of each byte. Upper and lower case of an ASCII letter are of one class. */
  readonly classOf: Uint8Array;
  /** Children of state s: firstChild[s] … firstChild[s + 1] − 1. */
  readonly firstChild: Int32Array;
  /** Class of the byte that leads into a state. */
  readonly label: Uint8Array;
  readonly fallback: Int32Array;
  /** Bytes of the longest phrase that ends in a state; 0 if none does. */
  readonly endBytes: Int32Array;
}

const foldedByte = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);

/** @param phrases byte strings, none of them empty */
export function buildTrie(phrases: readonly string[]): PhraseTrie {
  const folded = [...new Set(phrases.map(foldedText))].sort(byBytes);
  const classOf = new Uint8Array(256);
  const classes = numberClasses(folded, classOf);
  const most = folded.reduce((sum, phrase) => sum + phrase.length, 1);
  const firstChild = new Int32Array(most + 1);
  const label = new Uint8Array(most);
  const endBytes = new Int32Array(most);
  // A state is a range of the sorted phrases: all those that begin with its bytes.
  const from = new Int32Array(most);
  const to = new Int32Array(most);
  const depth = new Int32Array(most);
  to[0] = folded.length;
  let states = 1;
  for (let state = 0; state < states; state++) {
    firstChild[state] = states;
    const at = depth[state]!;
    let i = from[state]!;
    const end = to[state]!;
    if (i < end && folded[i]!.length === at) {
      if (state > 0) endBytes[state] = at;
      i++;
    }
    while (i < end) {
      const byte = folded[i]!.charCodeAt(at);
      from[states] = i;
      while (i < end && folded[i]!.charCodeAt(at) === byte) i++;
      to[states] = i;
      depth[states] = at + 1;
      label[states] = classOf[byte]!;
      states++;
    }
  }
  firstChild[states] = states;
  const trie = {
    states,
    classes,
    classOf,
    firstChild: firstChild.slice(0, states + 1),
    label: label.slice(0, states),
    fallback: new Int32Array(states),
    endBytes: endBytes.slice(0, states),
  };
  setFallbacks(trie);
  return trie;
}

/** The child of a state by a class of bytes; -1 if there is none. */
function childOf(trie: PhraseTrie, state: number, byteClass: number): number {
  const end = trie.firstChild[state + 1]!;
  for (let child = trie.firstChild[state]!; child < end; child++) {
    if (trie.label[child] === byteClass) return child;
  }
  return -1;
}

/**
 * Where a byte leads. Every fallback is shallower, and a byte leads one deeper: there are no more
 * fallbacks than bytes in a value.
 *
 * @param table next states of the states below `tabled`, for each class of bytes
 */
export function nextState(
  trie: PhraseTrie,
  table: Int32Array,
  tabled: number,
  from: number,
  byteClass: number,
): number {
  let state = from;
  while (state >= tabled) {
    const child = childOf(trie, state, byteClass);
    if (child >= 0) return child;
    state = trie.fallback[state]!;
  }
  return table[state * trie.classes + byteClass]!;
}

/** The next state of each of the first `tabled` states, at least one, for each class of bytes. */
export function tableOf(trie: PhraseTrie, tabled: number): Int32Array {
  const { classes, fallback } = trie;
  const table = new Int32Array(tabled * classes);
  for (let state = 0; state < tabled; state++) {
    for (let byteClass = 0; byteClass < classes; byteClass++) {
      const child = childOf(trie, state, byteClass);
      // A suffix is shallower: its row is there already.
      const otherwise = state === 0 ? 0 : table[fallback[state]! * classes + byteClass]!;
      table[state * classes + byteClass] = child < 0 ? otherwise : child;
    }
  }
  return table;
}

/** Shallow states first: that of a parent is known when its children are looked at. */
function setFallbacks(trie: PhraseTrie): void {
  const { fallback, endBytes, firstChild, label } = trie;
  for (let state = 0; state < trie.states; state++) {
    for (let child = firstChild[state]!; child < firstChild[state + 1]!; child++) {
      let suffix = state;
      let found = -1;
      while (suffix !== 0 && found < 0) {
        suffix = fallback[suffix]!;
        found = childOf(trie, suffix, label[child]!);
      }
      fallback[child] = Math.max(found, 0);
      // Its own phrase is longer than any that ends in its suffix.
      if (endBytes[child] === 0) endBytes[child] = endBytes[Math.max(found, 0)]!;
    }
  }
}

function foldedText(phrase: string): string {
  let text = '';
  for (let i = 0; i < phrase.length; i++) {
    text += String.fromCharCode(foldedByte(phrase.charCodeAt(i)));
  }
  return text;
}

const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** @returns how many classes there are */
function numberClasses(folded: readonly string[], classOf: Uint8Array): number {
  let classes = 1;
  for (const phrase of folded) {
    for (let i = 0; i < phrase.length; i++) {
      const byte = phrase.charCodeAt(i);
      if (classOf[byte] === 0) classOf[byte] = classes++;
    }
  }
  for (let byte = 0x41; byte <= 0x5a; byte++) classOf[byte] = classOf[byte | 0x20]!;
  return classes;
}
