/** A standing order, and a step, in words. */
import { assertNever } from '../model/result.ts';
import { rangesText } from '../zone/compile-rules.ts';
import { EVERY_POLICY, type Gray, type Switch } from './board.ts';
import { ofApp } from './owners.ts';
import type { ReleaseStep } from './run.ts';
import { scopeText } from './scope.ts';

export function switchText(s: Switch): string {
  switch (s.action) {
    case 'drain':
      return `drain ${scopeText(s.scope)}${s.percent < 100 ? ` ${s.percent} %` : ''}`;
    case 'pop-out':
      return `pop-out ${scopeText(s.scope)}${ofApp(s.app)} to ${s.to}`;
    case 'off':
    case 'freeze':
      return `${s.action} ${scopeText(s.scope)}`;
    case 'pin':
      return `pin a user to ${s.zone}`;
    case 'release': {
      const moved = s.moved.map((m) => `${m.zone}: ${rangesText(m.shards) || 'none'}`).join('; ');
      const shards = s.percent === 100 ? 'all shards' : `shards of ${moved}`;
      return `release ${s.name}: ${s.percent} % of ${placeText(s)}, from ${s.from} to ${s.to} (${shards})`;
    }
    case 'gray':
      return `gray ${s.name}: ${whoText(s)} of ${placeText(s)} to ${s.to}`;
    case 'stress-stop':
      return s.scene === '*' ? 'stress-stop of all scenes' : `stress-stop of scene ${s.scene}`;
    case 'waf-mode':
      return `firewall ${s.policy === EVERY_POLICY ? 'all policies' : `policy ${s.policy}`} ${s.mode}`;
    case 'waf-rule-off':
      return `firewall rule ${s.rule} off`;
    case 'waf-exempt':
      return `firewall not for ${s.network}`;
    case 'mirror':
      return `mirror ${s.rule} ${s.percent} %`;
    default:
      return assertNever(s);
  }
}

const placeText = ({ zones, app }: Pick<Gray, 'zones' | 'app'>): string =>
  `${zones.length === 0 ? 'all zones' : zones.join(', ')}${app === null ? '' : ` (${app})`}`;

function whoText({ percent, allow, tester, clients }: Gray): string {
  const who = [
    ...(percent > 0 ? [`${percent} %`] : []),
    ...(allow.length > 0 ? [`${allow.length} listed users`] : []),
    ...(tester === null ? [] : ['testers']),
    ...(clients.length > 0 ? ['some clients'] : []),
  ];
  return who.join(' and ');
}

export function releaseText(step: ReleaseStep): string {
  const { name, from, to, stages, soakS, gates } = step;
  const limits = [
    ...(gates.errorPercent === null ? [] : [`errors at most ${gates.errorPercent} %`]),
    ...(gates.errorsOver === null ? [] : [`at most ${gates.errorsOver} points over ${from}`]),
    ...(gates.latencyRatio === null ? [] : [`p95 at most ${gates.latencyRatio} times`]),
  ];
  return `release ${name} in ${placeText(step)}: ${from} to ${to} at ${stages.join(', ')} %, each ${soakS} s and ${gates.minRequests} requests at least; ${limits.join(', ') || 'not judged'}`;
}
