/** What people type: scopes, lists, times. */
import { hostname, userInfo } from 'node:os';
import type { Scope } from '../../failover/board.ts';
import { parseShards } from '../../failover/plan-schema.ts';
import { usageError } from '../exit.ts';

const KINDS = ['group', 'zone', 'idc', 'city', 'shards', 'endpoint'] as const;
export const SCOPE_HELP = 'group RZ01/A, zone RZ01, idc hz1, city hangzhou, shards 00-19,42';

export function scopeOf(word: string, name: string): Scope {
  const kind = KINDS.find((k) => k === word.toLowerCase());
  switch (kind) {
    case 'group': {
      const [zone = '', group = ''] = name.split('/');
      if (zone === '' || group === '') throw usageError(`group ${name} is not ZONE/GROUP`);
      return { kind, zone, group };
    }
    case 'zone':
      return { kind, zone: name };
    case 'idc':
      return { kind, idc: name };
    case 'city':
      return { kind, city: name };
    case 'shards':
      return { kind, shards: shardsOf(name) };
    case 'endpoint':
      return { kind, address: name };
    case undefined:
      throw usageError(`${word} is no scope; there are ${KINDS.join(', ')}, as ${SCOPE_HELP}`);
  }
}

export function shardsOf(text: string): number[] {
  const shards = parseShards(text);
  if (shards === null) throw usageError(`shards ${text} can't be read; write them as 00-19,42`);
  return shards;
}

const UNIT_S: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** `90`, `10s`, `5m`, `2h`, `1d` → seconds. */
export function secondsOf(text: string, option: string): number {
  const match = /^(\d{1,9})([smhd]?)$/.exec(text);
  if (match === null) throw usageError(`${option} is a time as 10s, 5m or 2h`);
  return Number(match[1]) * UNIT_S[match[2]!]!;
}

export function numberOf(text: string, option: string): number {
  if (!/^\d{1,15}(?:\.\d{1,6})?$/.test(text)) throw usageError(`${option} is a number`);
  return Number(text);
}

export const numbersOf = (text: string, option: string): number[] =>
  text.split(',').map((part) => numberOf(part.trim(), option));

export const wordsOf = (text: string): string[] =>
  text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));

/** user@host: who stands in the board when he says nothing else. */
export function ownName(): string {
  let user = 'unknown';
  try {
    user = userInfo().username;
  } catch {
    // A uid without an entry has no name.
  }
  return `${user}@${hostname()}`.replace(/[^!-~]/g, '-').slice(0, 60);
}
