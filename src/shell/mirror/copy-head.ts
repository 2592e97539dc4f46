/** The head of a copy: the edited head of its request, without what a copy has no business with. */
import type { MirrorRule } from '../../mirror/index.ts';
import { MIRROR_HEADER } from '../../mirror/mark.ts';

/**
 * @param head edited, without the empty line; latin1
 * @param target lines of its own, each with CRLF
 */
export function copyHead(head: string, rule: MirrorRule, mark: string, target: string): string {
  let out = '';
  let from = 0;
  let runStart = 0;
  // The request line comes first, and is never dropped.
  for (let end = head.indexOf('\r\n', from); end >= 0; end = head.indexOf('\r\n', from)) {
    if (from > 0 && drops(head.slice(from, head.indexOf(':', from)).toLowerCase(), rule)) {
      out += head.slice(runStart, from);
      runStart = end + 2;
    }
    from = end + 2;
  }
  out += head.slice(runStart, from);
  const host = rule.host === null ? '' : `Host: ${rule.host}\r\n`;
  return `${out}${host}${rule.adds}${target}${markLine(mark)}\r\n`;
}

/** Many applications read X_Api_Key as X-Api-Key. */
const drops = (name: string, rule: MirrorRule): boolean =>
  rule.removes.has(name.includes('_') ? name.replaceAll('_', '-') : name) ||
  (name === 'host' && rule.host !== null);

/** The same request once more, to the same group, that noise is learnt from. @param whole with its empty line */
export const noiseHead = (whole: string, mark: string): string =>
  `${whole.slice(0, -2)}${markLine(mark)}\r\n`;

const markLine = (mark: string): string => (mark === '' ? '' : `${MIRROR_HEADER}: ${mark}\r\n`);
