/**
 * V8's own way out of a regular expression that backtracks too much: it begins again with an engine
 * whose work is linear. Of V8 12.4 (Node 22) to 14 (Node 26) it takes patterns without the flag `i`,
 * lookaround, back references and counts above a small number; what the firewall prints has no `i`.
 * It is the second line: the firewall's own limits (`backtrackMaxBytes`) come first.
 */
import { setFlagsFromString } from 'node:v8';

/** V8's default: about 0.2 ms. */
const BACKTRACKS = 50_000;

/** Before the first pattern is compiled: patterns that V8 has compiled already are not guarded. */
export function guardBacktracking(): void {
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
  setFlagsFromString(`--regexp-backtracks-before-fallback=${BACKTRACKS}`);
}
