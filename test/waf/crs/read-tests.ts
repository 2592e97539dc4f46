/**
 * YAML of the Core Rule Set's regression tests → typed stages. The format is that of go-ftw
 * (github.com/coreruleset/ftw-tests-schema). A file that can't be understood throws: a test that is
 * silently not run would look like one that passes.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Expected, Input, RegressionTest, Stage } from './types.ts';

/** Every scalar is a string, as it is written: `300` as a header's value stays what it is. */
const YAML = { schema: 'failsafe' } as const;

type Node = Readonly<Record<string, unknown>>;

/** In the order of file names, then of the files. */
export function readTests(folder: string): readonly RegressionTest[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.ya?ml$/.test(file))
    .sort()
    .flatMap((file) => {
      try {
        return testsOf(readFileSync(join(folder, file), 'utf8'));
      } catch (error) {
        throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
}

export function testsOf(text: string): readonly RegressionTest[] {
  const file = node(parse(text, YAML), 'the file');
  const rule = number(file.rule_id, 'rule_id');
  return list(file.tests, 'tests').map((entry, index) => {
    const test = node(entry, 'a test');
    const id = test.test_id === undefined ? index + 1 : number(test.test_id, 'test_id');
    const stages = list(test.stages, 'stages').map(stageOf);
    if (stages.length === 0) throw new Error(`${rule}-${id} has no stages`);
    return { id: `${rule}-${id}`, stages };
  });
}

function stageOf(entry: unknown): Stage {
  const stage = node(entry, 'a stage');
  return { input: inputOf(node(stage.input, 'input')), expected: expectedOf(stage.output) };
}

function inputOf(input: Node): Input {
  if (input.encoded_request !== undefined && input.encoded_request !== '') {
    if (input.data !== undefined) throw new Error('data and encoded_request in one stage');
    return { kind: 'raw', bytes: Buffer.from(string(input.encoded_request), 'base64') };
  }
  return {
    kind: 'built',
    method: string(input.method ?? 'GET'),
    uri: string(input.uri ?? '/'),
    version: string(input.version ?? 'HTTP/1.1'),
    headers: headersOf(input),
    body: bodyOf(input),
    autocomplete: flag(input.autocomplete_headers, !flag(input.stop_magic, false)),
  };
}

/** A map has no order of its own: it is sent sorted by name. */
function headersOf(input: Node): readonly (readonly [string, string])[] {
  if (input.ordered_headers !== undefined)
    return list(input.ordered_headers, 'ordered_headers').map((entry) => {
      const { name, value } = node(entry, 'a header');
      return [string(name), string(value)] as const;
    });
  const headers = input.headers === undefined ? {} : node(input.headers, 'headers');
  return Object.keys(headers)
    .sort()
    .map((name) => [name, string(headers[name] ?? '')] as const);
}

function bodyOf(input: Node): Buffer {
  if (input.data !== undefined) return Buffer.from(evaluated(string(input.data)), 'utf8');
  if (input.encoded_data === undefined) return Buffer.alloc(0);
  return Buffer.from(string(input.encoded_data), 'base64');
}

const TEMPLATE = /\{\{\s*"((?:[^"\\]|\\.)*)"(?:\s*\|\s*repeat\s+(\d{1,7}))?\s*\}\}/g;

/** Go's template language, as far as the tests use it. */
function evaluated(text: string): string {
  return text.replace(TEMPLATE, (_, what: string, times = '1') =>
    string(JSON.parse(`"${what}"`)).repeat(Number(times)),
  );
}

function expectedOf(entry: unknown): Expected {
  const output = node(entry, 'output');
  const log = output.log === undefined ? {} : node(output.log, 'log');
  return {
    status: output.status === undefined ? null : number(output.status, 'status'),
    error: flag(output.expect_error, false),
    ids: numbers(log.expect_ids),
    noIds: numbers(log.no_expect_ids),
    match: pattern(log.match_regex ?? output.log_contains),
    noMatch: pattern(log.no_match_regex ?? output.no_log_contains),
    isolated: flag(output.isolated, false),
    retryOnce: flag(output.retry_once, false),
  };
}

function node(value: unknown, what: string): Node {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${what} is not a map`);
  return value as Node;
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${what} is not a list`);
  return value;
}

function string(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`not a scalar: ${JSON.stringify(value)}`);
  return value;
}

function number(value: unknown, what: string): number {
  const text = string(value);
  if (!/^\d+$/.test(text)) throw new Error(`${what} is not a number: ${text}`);
  return Number(text);
}

const numbers = (value: unknown): readonly number[] =>
  value === undefined ? [] : list(value, 'ids').map((id) => number(id, 'an id'));

const pattern = (value: unknown): string | null =>
  value === undefined || value === '' ? null : string(value);

function flag(value: unknown, normal: boolean): boolean {
  if (value === undefined) return normal;
  if (value !== 'true' && value !== 'false')
    throw new Error(`not true or false: ${JSON.stringify(value)}`);
  return value === 'true';
}
