import type { Control, RuleChoice } from '../ir.ts';
import { readIds, readMsg, readTag } from './choice.ts';
import type { Faults } from './fault.ts';
import { readExclusion } from './targets.ts';
import { cut, type Text, trimmed } from './text.ts';

type Read = (value: Text, faults: Faults) => Control | null;
type Choose = (value: Text, faults: Faults) => RuleChoice | null;

const removeRules =
  (choose: Choose): Read =>
  (value, faults) => {
    const rules = choose(value, faults);
    return rules && { kind: 'remove-rules', rules };
  };

/** `942100;ARGS:foo` */
const removeTargets =
  (choose: Choose): Read =>
  (value, faults) => {
    const semicolon = value.value.indexOf(';');
    if (semicolon < 0) {
      faults.on(value, 'no variable', 'rules, a semicolon and a variable');
      return null;
    }
    const rules = choose(trimmed(cut(value, 0, semicolon)), faults);
    const target = readExclusion(trimmed(cut(value, semicolon + 1, value.value.length)), faults);
    return rules && target && { kind: 'remove-targets', rules, target };
  };

function oneOf(choices: Readonly<Record<string, Control>>): Read {
  const byName = new Map(Object.entries(choices));
  return (value, faults) => {
    const control = byName.get(value.value.toLowerCase());
    if (control === undefined)
      faults.on(value, 'not a value of this control', [...byName.keys()].join(', '));
    return control ?? null;
  };
}

const READERS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['ruleremovebyid', removeRules(readIds)],
  ['ruleremovebytag', removeRules(readTag)],
  ['ruleremovebymsg', removeRules(readMsg)],
  ['ruleremovetargetbyid', removeTargets(readIds)],
  ['ruleremovetargetbytag', removeTargets(readTag)],
  ['ruleremovetargetbymsg', removeTargets(readMsg)],
  [
    'ruleengine',
    oneOf({
      on: { kind: 'engine', mode: 'on' },
      off: { kind: 'engine', mode: 'off' },
      detectiononly: { kind: 'engine', mode: 'detect' },
    }),
  ],
  [
    'requestbodyprocessor',
    oneOf({
      urlencoded: { kind: 'body-processor', processor: 'urlencoded' },
      multipart: { kind: 'body-processor', processor: 'multipart' },
      json: { kind: 'body-processor', processor: 'json' },
      xml: { kind: 'body-processor', processor: 'xml' },
    }),
  ],
  ['forcerequestbodyvariable', oneOf({ on: { kind: 'force-body-variable' } })],
  ['auditengine', () => ({ kind: 'audit' })],
  ['auditlogparts', () => ({ kind: 'audit' })],
]);
/** As written. */
const NAMES = [
  ...['ruleRemoveById', 'ruleRemoveByTag', 'ruleRemoveByMsg', 'ruleRemoveTargetById'],
  ...['ruleRemoveTargetByTag', 'ruleRemoveTargetByMsg', 'ruleEngine', 'requestBodyProcessor'],
  ...['forceRequestBodyVariable', 'auditEngine', 'auditLogParts'],
];

/** What stands behind `ctl:`. @returns null after a mistake */
export function readControl(text: Text, faults: Faults): Control | null {
  const equals = text.value.indexOf('=');
  const name = trimmed(cut(text, 0, equals < 0 ? text.value.length : equals));
  const read = READERS.get(name.value.toLowerCase());
  if (read === undefined) {
    faults.unknown(name, 'control', NAMES, `one of ${NAMES.join(', ')}`);
    return null;
  }
  if (equals >= 0) return read(trimmed(cut(text, equals + 1, text.value.length)), faults);
  faults.on(name, 'a control without a value', `${name.value}=…`);
  return null;
}
