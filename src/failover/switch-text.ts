/** A switch in a few words, without the user it may name. */
import type { Switch } from './board.ts';
import { scopeText } from './scope.ts';

export function switchText(s: Switch): string {
  if (s.action === 'pin') return `pin to ${s.zone}`;
  if (s.action === 'mirror') return `mirror ${s.rule} ${s.percent} %`;
  const part = s.action === 'drain' && s.percent < 100 ? ` ${s.percent} %` : '';
  return `${s.action} ${scopeText(s.scope)}${part}`;
}
