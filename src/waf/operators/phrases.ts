import { NOTHING } from '../signature.ts';
import type { Matcher } from './matcher.ts';
import { needOfPhrases } from './phrase-need.ts';
import { buildTrie, nextState, tableOf } from './phrase-trie.ts';

/** Entries of the table that answers for the shallow states, where nearly all steps are made. */
const TABLE_ENTRIES = 32 * 1024;

/**
 * Any of the phrases anywhere, without regard to the case of ASCII letters. Time is linear in the value;
 * about 13 bytes of memory for each byte of the phrases and 128 KiB for the table.
 *
 * @param phrases byte strings; empty ones match nothing
 */
export function compilePhrases(phrases: readonly string[]): Matcher {
  const used = phrases.filter((phrase) => phrase !== '');
  if (used.length === 0) {
    return { need: [NOTHING], test: () => false, find: () => null };
  }
  const trie = buildTrie(used);
  const { classOf, classes, endBytes } = trie;
  const tabled = Math.min(trie.states, Math.floor(TABLE_ENTRIES / classes));
  const table = tableOf(trie, tabled);

  /** @returns where the first match ends, -1 if there is none; and its size in `foundBytes` */
  function search(value: string): number {
    let state = 0;
    for (let i = 0; i < value.length; i++) {
      const byteClass = classOf[value.charCodeAt(i)]!;
      state =
        state < tabled
          ? table[state * classes + byteClass]!
          : nextState(trie, table, tabled, state, byteClass);
      if (endBytes[state]! > 0) {
        foundBytes = endBytes[state]!;
        return i + 1;
      }
    }
    return -1;
  }
  let foundBytes = 0;

  return {
    need: needOfPhrases(used),
    test: (value) => search(value) >= 0,
    find(value) {
      const end = search(value);
      return end < 0 ? null : value.slice(end - foundBytes, end);
    },
  };
}
