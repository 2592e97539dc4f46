/** Writes rules as SecLang, for tests that read them again. */
import { assertNever } from '../../../src/model/result.ts';
import type {
  Control,
  Disposition,
  Exclusion,
  Link,
  Macro,
  Operator,
  Rule,
  RuleChoice,
  Selector,
  SetVar,
  Step,
  Target,
} from '../../../src/waf/ir.ts';

export function printSteps(steps: readonly Step[]): string {
  return steps
    .map((step) => (step.kind === 'marker' ? `SecMarker "${step.name}"\n` : printRule(step)))
    .join('\n');
}

const double = (text: string): string => `"${text.replaceAll('"', '\\"')}"`;
const single = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;

function printRule(rule: Rule): string {
  return rule.links
    .map((link, i) => {
      const chain = i + 1 < rule.links.length ? ['chain'] : [];
      const actions = [...(i === 0 ? headActions(rule) : []), ...linkActions(link), ...chain];
      const list = double(actions.join(',\\\n    '));
      if (link.operator.name === 'always' && link.targets.length === 0)
        return `SecAction \\\n  ${list}\n`;
      const test = double(`${link.negated ? '!' : ''}${printOperator(link.operator)}`);
      return `SecRule ${double(printTargets(link))} ${test} \\\n  ${list}\n`;
    })
    .join('');
}

function headActions(rule: Rule): string[] {
  const actions = [`id:${rule.id}`, `phase:${rule.phase}`, ...printDisposition(rule.disposition)];
  if (rule.msg !== '') actions.push(`msg:${single(printMacro(rule.msg))}`);
  if (rule.logData !== '') actions.push(`logdata:${single(printMacro(rule.logData))}`);
  if (rule.severity !== null) actions.push(`severity:${rule.severity}`);
  for (const tag of rule.tags) actions.push(`tag:${single(tag)}`);
  if (rule.skipAfter !== null) actions.push(`skipAfter:${rule.skipAfter}`);
  actions.push(rule.log ? 'log' : 'nolog');
  return actions;
}

function linkActions(link: Link): string[] {
  return [
    't:none',
    ...link.transforms.map((name) => `t:${name}`),
    ...(link.capture ? ['capture'] : []),
    ...(link.multiMatch ? ['multiMatch'] : []),
    ...link.setVars.map((setVar) => `setvar:${single(printSetVar(setVar))}`),
    ...link.controls.map((control) => `ctl:${single(printControl(control))}`),
  ];
}

function printDisposition(disposition: Disposition): string[] {
  switch (disposition.kind) {
    case 'deny':
      return ['deny', `status:${disposition.status}`];
    case 'allow':
      return [disposition.scope === 'all' ? 'allow' : `allow:${disposition.scope}`];
    case 'pass':
    case 'block':
    case 'drop':
      return [disposition.kind];
    case 'challenge':
      throw new Error('SecLang has no challenge');
  }
}

const printTargets = ({ targets, exclusions }: Link): string =>
  [...targets.map(printTarget), ...exclusions.map((e) => `!${printExclusion(e)}`)].join('|');

function printTarget(target: Target): string {
  if (target.kind === 'scalar') return target.name;
  return `${target.count ? '&' : ''}${printExclusion(target)}`;
}

function printExclusion({ name, selector }: Exclusion): string {
  if (name === 'XML_TEXT') return 'XML:/*';
  if (name === 'XML_ATTRIBUTES') return 'XML://@*';
  return `${name}${printSelector(selector)}`;
}

function printSelector(selector: Selector): string {
  switch (selector.kind) {
    case 'all':
      return '';
    case 'key':
      return `:${single(selector.key)}`;
    case 'regex':
      return `:${single(`/${selector.source}/`)}`;
  }
}

function printMacro(macro: Macro): string {
  if (typeof macro === 'string') return macro;
  return macro
    .map((part) =>
      typeof part === 'string' ? part : `%{${part.name}${part.key === '' ? '' : `.${part.key}`}}`,
    )
    .join('');
}

function printSetVar(setVar: SetVar): string {
  const name = `tx.${printMacro(setVar.name)}`;
  switch (setVar.op) {
    case 'unset':
      return `!${name}`;
    case 'set':
      return `${name}=${printMacro(setVar.value)}`;
    case 'add':
      return `${name}=+${printMacro(setVar.value)}`;
    case 'subtract':
      return `${name}=-${printMacro(setVar.value)}`;
  }
}

const BY = { ids: 'Id', tag: 'Tag', msg: 'Msg' } as const;

function printChoice(rules: RuleChoice): string {
  if (rules.kind === 'ids')
    return rules.from === rules.to ? `${rules.from}` : `${rules.from}-${rules.to}`;
  return rules.kind === 'tag' ? rules.tag : rules.msg;
}

function printControl(control: Control): string {
  switch (control.kind) {
    case 'remove-rules':
      return `ruleRemoveBy${BY[control.rules.kind]}=${printChoice(control.rules)}`;
    case 'remove-targets':
      return `ruleRemoveTargetBy${BY[control.rules.kind]}=${printChoice(control.rules)};${printExclusion(control.target)}`;
    case 'engine':
      return `ruleEngine=${control.mode === 'detect' ? 'DetectionOnly' : control.mode}`;
    case 'body-processor':
      return `requestBodyProcessor=${control.processor}`;
    case 'force-body-variable':
      return 'forceRequestBodyVariable=On';
    case 'audit':
      return 'auditEngine=Off';
  }
}

function printOperator(operator: Operator): string {
  switch (operator.name) {
    case 'always':
      return '@unconditionalMatch';
    case 'rx':
      return `@rx ${operator.pattern}`;
    case 'pm':
      return operator.file === null
        ? `@pm ${operator.phrases.join(' ')}`
        : `@pmFromFile ${operator.file}`;
    case 'eq':
    case 'ne':
    case 'ge':
    case 'gt':
    case 'le':
    case 'lt':
    case 'streq':
    case 'contains':
    case 'containsWord':
    case 'beginsWith':
    case 'endsWith':
    case 'within':
      return `@${operator.name} ${printMacro(operator.value)}`;
    case 'validateByteRange':
      return `@validateByteRange ${operator.ranges.map(([low, high]) => `${low}-${high}`).join(',')}`;
    case 'ipMatch':
      return `@ipMatch ${operator.networks.join(',')}`;
    case 'validateUrlEncoding':
    case 'validateUtf8Encoding':
    case 'detectSQLi':
    case 'detectXSS':
      return `@${operator.name}`;
    default:
      return assertNever(operator);
  }
}
