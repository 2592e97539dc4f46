import type { Marker, Phase, Place } from '../ir.ts';
import { applyActions } from './actions.ts';
import { BUILT_IN, type Defaults, type Draft, newDraft, newLink } from './draft.ts';
import { ENGINE } from './engine-directives.ts';
import type { Faults } from './fault.ts';
import { readPlain } from './macro.ts';
import { readOperator, type Test } from './operators.ts';
import { readTargets } from './targets.ts';
import { cut, type Line, placeAt, type Text } from './text.ts';
import {
  removeByIds,
  removeByMsg,
  removeByTag,
  updateActionById,
  updateTargetById,
  updateTargetByMsg,
  updateTargetByTag,
} from './updates.ts';
import { readWords } from './words.ts';

type Directive = {
  readonly min: number;
  readonly max: number;
  /** What the arguments are, for a mistake in their number. */
  readonly usage: string;
  readonly run: (reader: Reader, args: readonly Text[], name: Text) => void;
};

const ALWAYS: Test = { operator: { name: 'always' }, negated: false };

const DIRECTIVES: ReadonlyMap<string, Directive> = new Map<string, Directive>([
  ['secrule', { min: 2, max: 3, usage: 'variables, "operator", "actions"', run: secRule }],
  ['secaction', { min: 1, max: 1, usage: '"actions"', run: secAction }],
  ['secmarker', { min: 1, max: 1, usage: 'a name', run: secMarker }],
  ['secdefaultaction', { min: 1, max: 1, usage: '"actions"', run: secDefaultAction }],
  ['seccomponentsignature', { min: 1, max: 1, usage: '"a name"', run: secComponentSignature }],
  // How long persistent collections live: there are none.
  ['seccollectiontimeout', { min: 1, max: 1, usage: 'seconds', run: () => undefined }],
  [
    'secruleremovebyid',
    {
      min: 1,
      max: Number.POSITIVE_INFINITY,
      usage: 'ids and ranges',
      run: ({ drafts, faults }, args) => removeByIds(args, drafts, faults),
    },
  ],
  ['secruleremovebytag', single('a tag', removeByTag)],
  ['secruleremovebymsg', single('"a message"', removeByMsg)],
  ['secruleupdatetargetbyid', pair('an id or a range, "variables"', updateTargetById)],
  ['secruleupdatetargetbytag', pair('a tag, "variables"', updateTargetByTag)],
  ['secruleupdatetargetbymsg', pair('"a message", "variables"', updateTargetByMsg)],
  ['secruleupdateactionbyid', pair('an id or a range, "actions"', updateActionById)],
]);
/** As written. */
const NAMES = [
  ...['SecRule', 'SecAction', 'SecMarker', 'SecDefaultAction', 'SecComponentSignature'],
  ...['SecCollectionTimeout', 'SecRuleRemoveById', 'SecRuleRemoveByTag', 'SecRuleRemoveByMsg'],
  ...['SecRuleUpdateTargetById', 'SecRuleUpdateTargetByTag', 'SecRuleUpdateTargetByMsg'],
  'SecRuleUpdateActionById',
];

function single(
  usage: string,
  run: (text: Text, drafts: Set<Draft>, faults: Faults) => void,
): Directive {
  return {
    min: 1,
    max: 1,
    usage,
    run: ({ drafts, faults }, args) => run(args[0]!, drafts, faults),
  };
}

function pair(
  usage: string,
  run: (rules: Text, what: Text, drafts: Set<Draft>, faults: Faults) => void,
): Directive {
  const both: Directive['run'] = ({ drafts, faults }, args) =>
    run(args[0]!, args[1]!, drafts, faults);
  return { min: 2, max: 2, usage, run: both };
}

/** Takes directives one after the other, across files. */
export class Reader {
  readonly steps: (Draft | Marker)[] = [];
  /** Those rules of `steps` that no directive has taken out. */
  readonly drafts = new Set<Draft>();
  signature: string | null = null;

  readonly faults: Faults;
  readonly data: (name: string, from: string) => string | null;
  /** Of every rule so far, by id; with those that were taken out. */
  readonly places = new Map<number, Place>();
  readonly defaults = new Map<Phase, Defaults & { readonly place: Place }>();
  /** A chain whose next link has not come yet, and where it was announced. */
  open: { readonly draft: Draft; readonly chain: Text } | null = null;
  /** Behind a line that could not be told apart: what follows may be its rest. */
  #lost = false;

  constructor(faults: Faults, data: (name: string, from: string) => string | null) {
    this.faults = faults;
    this.data = data;
  }

  line(line: Line): void {
    const name = firstWord(line);
    const key = name.value.toLowerCase();
    const directive = DIRECTIVES.get(key);
    if (this.#lost && directive === undefined && !ENGINE.has(key)) return;
    this.#lost = false;
    if (key !== 'secrule' && key !== 'secaction') this.endChain();
    if (directive === undefined) {
      this.#refuse(name, key);
      return;
    }
    const words = readWords(line, this.faults);
    if (words === null) {
      this.#lost = true;
      this.open = null;
      return;
    }
    const args = words.slice(1);
    if (args.length >= directive.min && args.length <= directive.max) {
      directive.run(this, args, name);
      return;
    }
    const extra = args[directive.max];
    if (extra === undefined) this.faults.on(name, 'too few arguments', directive.usage);
    else this.faults.on(extra, 'one argument too many', directive.usage);
    this.open = null;
  }

  endOfFile(): void {
    this.endChain();
    this.#lost = false;
  }

  /** A chain that nothing goes on with would be a rule that hits too often. */
  endChain(): void {
    if (this.open === null) return;
    this.faults.on(this.open.chain, 'a chain that does not go on', 'SecRule as the next directive');
    this.open = null;
  }

  #refuse(name: Text, key: string): void {
    const instead = ENGINE.get(key);
    if (instead !== undefined) this.faults.on(name, 'a setting of the engine', instead);
    else if (key === 'include' || key === 'includeoptional')
      this.faults.on(name, 'an include', 'the file itself, listed among the rules');
    else if (name.value.startsWith('<')) this.faults.on(name, 'a section', 'directives alone');
    else this.faults.unknown(name, 'directive', NAMES, 'a directive, such as SecRule');
  }

  /** @param text the list of actions; null: there is none */
  add(name: Text, text: Text | null, link: ReturnType<typeof newLink>): void {
    const { open, faults } = this;
    const draft = open?.draft ?? newDraft(placeAt(name, 0));
    draft.links.push(link);
    const role = open === null ? 'rule' : 'link';
    const chain = text && applyActions(text, role, { draft, link, faults });
    this.open = chain && { draft, chain };
    if (open !== null) return;
    draft.defaults = this.defaults.get(draft.phase) ?? BUILT_IN;
    this.steps.push(draft);
    this.drafts.add(draft);
    this.#register(draft, name);
  }

  #register(draft: Draft, name: Text): void {
    const { id, place } = draft;
    // -1: said already.
    if (id === 0) this.faults.on(name, 'a rule without an id', 'id:… among its actions');
    if (id <= 0) return;
    const other = this.places.get(id);
    if (other === undefined) this.places.set(id, place);
    else {
      const message = `a second rule ${id}, the first is at ${other.file}:${other.line}:${other.column}`;
      this.faults.at(place, message, `id:${id}`, 'an id of its own');
    }
  }
}

function firstWord(line: Line): Text {
  const end = line.value.search(/[\s"]/);
  return cut(line, 0, end < 0 ? line.value.length : Math.max(end, 1));
}

function secRule(reader: Reader, args: readonly Text[], name: Text): void {
  const { faults, data } = reader;
  const { file } = placeAt(name, 0);
  const before = faults.list.length;
  const { targets, exclusions } = readTargets(args[0]!, faults);
  if (targets.length === 0 && faults.list.length === before)
    faults.on(args[0]!, 'nothing to look at', 'a variable without !');
  const test = readOperator(args[1]!, (phrases) => data(phrases, file), faults);
  reader.add(name, args[2] ?? null, newLink(test ?? ALWAYS, [...targets], [...exclusions]));
}

function secAction(reader: Reader, args: readonly Text[], name: Text): void {
  reader.add(name, args[0]!, newLink(ALWAYS, [], []));
}

function secMarker(reader: Reader, args: readonly Text[]): void {
  const name = readPlain(args[0]!, 'the name of a marker', reader.faults);
  if (name === '') reader.faults.on(args[0]!, 'a marker without a name', 'a name');
  reader.steps.push({ kind: 'marker', name });
}

function secComponentSignature(reader: Reader, args: readonly Text[]): void {
  const name = args[0]!.value;
  reader.signature = reader.signature === null ? name : `${reader.signature} ${name}`;
}

function secDefaultAction(reader: Reader, args: readonly Text[], name: Text): void {
  const { faults, defaults } = reader;
  const place = placeAt(name, 0);
  const draft = newDraft(place);
  const link = newLink(ALWAYS, [], []);
  const before = faults.list.length;
  applyActions(args[0]!, 'default', { draft, link, faults });
  const { disposition, status, phase } = draft;
  if (disposition === null) {
    if (faults.list.length === before)
      faults.on(args[0]!, 'no disruptive action', 'pass, deny, drop or allow');
    return;
  }
  const other = defaults.get(phase)?.place;
  if (other !== undefined) {
    const message = `a second default for phase ${phase}, the first is at ${other.file}:${other.line}:${other.column}`;
    faults.on(args[0]!, message, 'one a phase');
    return;
  }
  const said = {
    disposition,
    status,
    log: draft.log ?? BUILT_IN.log,
    audit: draft.audit ?? BUILT_IN.audit,
    transforms: link.transforms,
  };
  const above = reader.steps.find((step) => step.kind === 'draft' && step.phase === phase);
  if (above !== undefined && !isBuiltIn(said)) {
    // Version 2 has it hold from here on, version 3 for all rules.
    faults.on(name, `rules of phase ${phase} stand above their default`, 'it in front of them');
    return;
  }
  defaults.set(phase, { ...said, place });
}

function isBuiltIn({ disposition, status, log, audit, transforms }: Defaults): boolean {
  return disposition.kind === 'pass' && status === null && log && audit && transforms.length === 0;
}
