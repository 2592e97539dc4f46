/** Names in the Mirror document exist, and copies can be made, marked, and reach their targets. */
import { compileMirror } from '../mirror/compile-mirror.ts';
import type { MirrorSettings } from '../mirror/index.ts';
import type { MirrorDoc, MirrorRuleDoc } from '../mirror/mirror-schema.ts';
import type { AppId, GroupId, ZoneId } from '../model/ids.ts';
import type { DocPath, Report } from '../model/issue.ts';
import type { KeyRing } from '../model/mac.ts';
import type { StressRoom } from '../stress-tag/index.ts';
import { appsOf, type Group, type Topology } from '../zone/topology.ts';

/** @param scenes null: there are mistakes in the Stress document, which would only be repeated here */
export function compileMirrorDoc(
  doc: MirrorDoc,
  topology: Topology,
  peerKeys: KeyRing,
  scenes: StressRoom['scenes'] | null,
  report: Report,
): MirrorSettings {
  if (peerKeys.length === 0)
    report.error(['rules'], 'no-peers', 'copies could not be marked as copies', {
      found: 'no keys.peer in the Gate document',
      expected: 'the same peer keys at every gate',
    });
  const apps = appsOf(topology);
  doc.rules.forEach((rule, i) => {
    const { match } = rule;
    const path = ['rules', i];
    if (match.app !== undefined && !apps.has(match.app))
      report.unknownName([...path, 'match', 'app'], 'app', match.app, apps);
    if (match.zone !== undefined && !topology.zones.has(match.zone as ZoneId))
      report.unknownName([...path, 'match', 'zone'], 'zone', match.zone, topology.zones.keys());
    if ('zone' in rule.to) checkGroup(rule, rule.to, path, topology, report);
    if ('stress' in rule.to && scenes !== null)
      checkScene(rule, rule.to.stress, path, scenes, report);
  });
  return compileMirror(doc, report);
}

function checkGroup(
  rule: MirrorRuleDoc,
  to: { readonly zone: string; readonly group: string },
  path: DocPath,
  topology: Topology,
  report: Report,
): void {
  const zone = topology.zones.get(to.zone as ZoneId);
  if (zone === undefined) {
    report.unknownName([...path, 'to', 'zone'], 'zone', to.zone, topology.zones.keys());
    return;
  }
  const group = zone.groups.find((g) => g.id === (to.group as GroupId));
  if (group === undefined) {
    const known = zone.groups.map((g) => g.id);
    report.unknownName([...path, 'to', 'group'], 'group', to.group, known);
    return;
  }
  const { app } = rule.match;
  if (app !== undefined && !group.endpoints.has(app as AppId))
    report.error(
      [...path, 'to', 'group'],
      'app-not-deployed',
      `app ${app} has no endpoints in ${zone.id}/${group.id}`,
      { found: [...group.endpoints.keys()].join(', '), expected: `a group that runs ${app}` },
    );
  checkReach(rule, group, [...path, 'to'], topology, report);
}

/** A copy is made by the gate that serves the request, and only to endpoints of its own IDC. */
function checkReach(
  { name, match }: MirrorRuleDoc,
  group: Group,
  path: DocPath,
  topology: Topology,
  report: Report,
): void {
  const target = `${group.zone}/${group.id}`;
  const from = match.zone === undefined ? undefined : topology.zones.get(match.zone as ZoneId);
  if (from?.groups.every((g) => g.idc !== group.idc) === true)
    report.error(
      path,
      'mirror-elsewhere',
      `requests for ${from.id} are copied by gates of ${from.idc}, which don’t reach ${target} in ${group.idc}`,
      { found: `a group in ${group.idc}`, expected: `a group in ${from.idc}, or addresses` },
    );
  if (from === undefined && topology.idcs.size > 1)
    report.warn(
      path,
      'mirror-elsewhere',
      `rule ${name} copies only what is served in ${group.idc}, where ${target} stands`,
    );
}

/** Copies of users' requests become a load test's: only one that may show their uids, and only in its shadows. */
function checkScene(
  rule: MirrorRuleDoc,
  name: string,
  path: DocPath,
  scenes: StressRoom['scenes'],
  report: Report,
): void {
  const at = [...path, 'to', 'stress'];
  const scene = scenes.get(name);
  if (scene === undefined) report.unknownName(at, 'scene', name, scenes.keys());
  if (scene?.shadow === false)
    report.error(at, 'scene-shared', `scene ${name} would send copies to the endpoints of users`, {
      found: 'endpoints: shared',
      expected: 'a scene with endpoints: shadow',
    });
  if (scene?.onlyReserved === true)
    report.error(at, 'scene-reserved', `scene ${name} refuses the uids of real users`, {
      found: 'a scene that is for its reserved uids only',
      expected: 'a scene of its own, or onlyReserved: false in that scene',
    });
  if (rule.credentials === 'keep')
    report.error([...path, 'credentials'], 'scene-credentials', 'a load test acts for nobody', {
      found: 'keep',
      expected: 'drop',
    });
  if (rule.compare !== undefined)
    report.error(
      [...path, 'compare'],
      'scene-compare',
      'shadows hold other data than users have: their answers say nothing',
      { found: 'compare', expected: 'none for a rule to a scene' },
    );
}
