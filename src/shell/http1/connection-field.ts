import type { FieldSection } from './head.ts';
import { idOf } from './tables.ts';

/** What the Connection fields of a message say (RFC 9110 7.6.1). */
export interface ConnectionOptions {
  close: boolean;
  keepAlive: boolean;
  upgrade: boolean;
  /** The TE field is meant for this hop, as it must say (RFC 9110 10.1.4). */
  te: boolean;
  /** Lower-case names of fields that must not be passed on. */
  nominated: readonly string[];
}

const NONE: readonly string[] = Object.freeze([]);
const CONNECTION = idOf('connection');
/** Nobody may talk a gate out of these: they carry framing, routing or credentials. */
const NEVER_NOMINATED = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'cookie',
  'set-cookie',
  'authorization',
  'close',
  'keep-alive',
  'upgrade',
  'te',
  'connection',
  'via',
  'cdn-loop',
  'traceparent',
  'tracestate',
]);

export function readConnection(section: FieldSection, out: ConnectionOptions): void {
  out.close = false;
  out.keepAlive = false;
  out.upgrade = false;
  out.te = false;
  out.nominated = NONE;
  for (let f = section.first[CONNECTION]!; f >= 0 && f < section.count; f++) {
    if (section.id(f) !== CONNECTION) continue;
    for (const raw of section.value(f).toLowerCase().split(',')) {
      const option = raw.trim();
      if (option === 'close') out.close = true;
      else if (option === 'keep-alive') out.keepAlive = true;
      else if (option === 'upgrade') out.upgrade = true;
      else if (option === 'te') out.te = true;
      else if (option !== '' && !NEVER_NOMINATED.has(option))
        out.nominated = [...out.nominated, option];
    }
  }
}
