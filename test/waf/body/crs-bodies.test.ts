/** Every body that CRS's own tests send is read; only what is meant to be malformed may have a fault. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  BODY_LIMITS,
  type BodyReading,
  bodyKindOf,
  readBody,
} from '../../../src/waf/body/index.ts';
import { ROOT } from '../../support/config.ts';

const CRS = process.env.ZONEGATE_CRS ?? join(ROOT, '../shared/crs');
const TESTS = join(CRS, 'tests');
const present = existsSync(TESTS);
if (!present) console.warn(`skipped: no CRS tests at ${TESTS}; set ZONEGATE_CRS`);

const text = z.union([z.string(), z.number()]).transform((value) => `${value}`);
const TestFile = z.object({
  rule_id: text,
  tests: z.array(
    z.object({
      test_id: text,
      stages: z.array(
        z.object({
          input: z.object({
            headers: z.record(z.string(), text).optional(),
            data: text.optional(),
            encoded_request: z.string().optional(),
          }),
        }),
      ),
    }),
  ),
});

interface Sample {
  readonly id: string;
  readonly contentType: string;
  /** A byte string. */
  readonly body: string;
}

const latin1 = (utf8: string): string => Buffer.from(utf8).toString('latin1');

/** As the runner of those tests does: repeats what is to be repeated, writes CRLF in multipart bodies. */
const asSent = (body: string, contentType: string): string => {
  const whole = body.replace(/\{\{ "(.)" \| repeat (\d+) \}\}/, (_, char: string, times: string) =>
    char.repeat(Number(times)),
  );
  return /multipart/i.test(contentType) ? whole.replaceAll(/\r?\n/g, '\r\n') : whole;
};

function encodedSample(encoded: string): { contentType: string; body: string } | null {
  const request = Buffer.from(encoded, 'base64').toString('latin1');
  const [head = '', ...body] = request.split('\r\n\r\n');
  const contentType = /^content-type:\s*(.*)$/im.exec(head)?.[1];
  return contentType === undefined ? null : { contentType, body: body.join('\r\n\r\n') };
}

function samplesOf(file: string): Sample[] {
  const { rule_id, tests } = TestFile.parse(parse(readFileSync(file, 'utf8')));
  return tests.flatMap(({ test_id, stages }) =>
    stages.flatMap(({ input }) => {
      const id = `${rule_id}-${test_id}`;
      if (input.encoded_request !== undefined) {
        const found = encodedSample(input.encoded_request);
        return found === null ? [] : [{ id, ...found }];
      }
      const named = Object.entries(input.headers ?? {}).find(([n]) => /^content-type$/i.test(n));
      if (named === undefined || input.data === undefined) return [];
      const contentType = latin1(named[1]);
      return [{ id, contentType, body: asSent(latin1(input.data), contentType) }];
    }),
  );
}

const samples = present
  ? readdirSync(TESTS).flatMap((folder) =>
      readdirSync(join(TESTS, folder)).flatMap((file) => samplesOf(join(TESTS, folder, file))),
    )
  : [];
const read = ({ contentType, body }: Sample): BodyReading => {
  const type = bodyKindOf(contentType);
  return readBody(type.kind, body, type, BODY_LIMITS, false);
};

/** Tests whose bodies or types are malformed on purpose: code → tests. */
const MALFORMED: Readonly<Record<string, readonly string[]>> = {
  // Media types without a slash or a subtype, for the rule about allowed types.
  'content-type-syntax': ['920420-3', '920420-4', '920420-5', '920420-8'],
  // The word “test” as a body of every type.
  'json-literal': ['920420-9'],
  // The same; and XML whose quotes are escaped.
  'xml-syntax': ['920420-10', '920240-4'],
  charset: ['922100-1', '922100-3'],
  'multipart-part-charset': [
    ...['922110-1', '922110-2', '922110-4', '922110-7', '922110-8', '922110-11', '922110-15'],
    ...['922110-20', '922110-21', '922110-25', '922110-26', '922110-28', '922110-29'],
  ],
  // Bytes in field names that no field name has; no blank line behind the head.
  'multipart-headers-too-large': ['920400-1'],
  'multipart-header': ['920400-2', '922130-1', '922130-2', '922130-4', '922130-7', '922130-8'],
  // A misspelt Content-Disposition; a part without any, between others.
  'multipart-no-disposition': ['922130-5', '932180-3'],
  // Backslashes in names.
  'multipart-quoting': ['920120-41', '920121-3', '920121-6'],
  'multipart-empty-filename': ['920120-39'],
};

const valuesOf = ({ args, files, xml }: BodyReading): number =>
  args.length + files.length + (xml?.text.length ?? 0) + (xml?.attributes.length ?? 0);

describe.skipIf(!present)('the bodies of CRS’s tests', () => {
  it('are of every kind, some hundreds', () => {
    const kinds = samples.map((sample) => bodyKindOf(sample.contentType).kind);
    for (const kind of ['json', 'multipart', 'none', 'urlencoded', 'xml'] as const)
      expect(kinds.filter((k) => k === kind).length, kind).toBeGreaterThan(100);
  });

  it('have a fault only where they are malformed on purpose', () => {
    const faults: Record<string, string[]> = {};
    for (const sample of samples) {
      const { kind, fault } = read(sample);
      if (fault === null || kind === 'urlencoded') continue;
      faults[fault.code] ??= [];
      faults[fault.code]?.push(sample.id);
    }
    const sorted = (of: Readonly<Record<string, readonly string[]>>): unknown =>
      Object.fromEntries(Object.entries(of).map(([code, ids]) => [code, [...ids].sort()]));
    expect(sorted(faults)).toEqual(sorted(MALFORMED));
  });

  it('of forms have no fault but bad escapes and strange charsets, which have tests of their own', () => {
    const codes = samples.map(read).filter((r) => r.kind === 'urlencoded' && r.fault !== null);
    expect(new Set(codes.map((r) => r.fault!.code))).toEqual(
      new Set(['urlencoded-bad-escape', 'charset', 'content-type-duplicate']),
    );
  });

  it('show rules at least one value, unless there is none', () => {
    const mute = samples.filter((sample) => {
      const reading = read(sample);
      return reading.kind !== 'none' && reading.fault === null && valuesOf(reading) === 0;
    });
    // A form without any part; empty bodies.
    expect(mute.filter((s) => s.body.trim() !== '').map((s) => s.id)).toEqual(['922110-19']);
  });

  it('show every probe that stands in an attribute or an argument', () => {
    for (const sample of samples) {
      const { xml } = read(sample);
      const probe = /probe="([^"&]+)"/.exec(sample.body)?.[1];
      if (xml !== null && probe !== undefined) expect(xml.attributes, sample.id).toContain(probe);
    }
  });
});
