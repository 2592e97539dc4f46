/** Speaks to the control API of a gate. */
import { readFileSync } from 'node:fs';
import { request as plain } from 'node:http';
import { request as overTls } from 'node:https';
import type { z } from 'zod';
import {
  type ProblemAnswer,
  problemAnswer,
  type StoredAnswer,
  storedAnswer,
} from '../../shell/control/answers.ts';
import { CommandError, EXIT, usageError } from '../exit.ts';

export interface ConnectionOptions {
  readonly admin: string;
  readonly tokenFile?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

interface Answer {
  readonly status: number;
  readonly value: unknown;
}

export type Posted =
  | { readonly ok: true; readonly stored: StoredAnswer }
  | { readonly ok: false; readonly problem: ProblemAnswer };

const ANSWER_MS = 15_000;

export class Control {
  readonly #base: URL;
  readonly #tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly #token: string | null;

  constructor(options: ConnectionOptions) {
    this.#base = baseOf(options.admin);
    this.#tls = {
      ...(options.ca === undefined ? {} : { ca: fileText(options.ca) }),
      ...(options.cert === undefined ? {} : { cert: fileText(options.cert) }),
      ...(options.key === undefined ? {} : { key: fileText(options.key) }),
    };
    this.#token = options.tokenFile === undefined ? null : fileText(options.tokenFile).trim();
  }

  async get<S extends z.ZodType>(path: string, schema: S): Promise<z.infer<S>> {
    const { status, value } = await this.#ask('GET', path);
    if (status !== 200) throw failureOf(status, value);
    return this.#read(schema, value, path);
  }

  /** null when there is no such thing. */
  async find<S extends z.ZodType>(path: string, schema: S): Promise<z.infer<S> | null> {
    const { status, value } = await this.#ask('GET', path);
    if (status === 404) return null;
    if (status !== 200) throw failureOf(status, value);
    return this.#read(schema, value, path);
  }

  /** @param ifEpoch null: whatever epoch the board has */
  async post(path: string, body: unknown, ifEpoch: number | null): Promise<Posted> {
    const { status, value } = await this.#ask('POST', path, body, ifEpoch);
    if (status === 200) return { ok: true, stored: this.#read(storedAnswer, value, path) };
    const problem = problemAnswer.safeParse(value);
    if (!problem.success) throw failureOf(status, value);
    return { ok: false, problem: problem.data };
  }

  /** In thought: the forecast as the gate reports it, or its refusal. */
  async rehearse(body: unknown, uids: readonly string[]): Promise<Answer> {
    const query = new URLSearchParams({ 'dry-run': '1' });
    for (const uid of uids) query.append('uid', uid);
    return this.#ask('POST', `/v1/commands?${query.toString()}`, body);
  }

  #read<S extends z.ZodType>(schema: S, value: unknown, path: string): z.infer<S> {
    const read = schema.safeParse(value);
    if (read.success) return read.data;
    throw new CommandError(
      `${this.#base.origin}${path} does not answer like a gate of this version`,
      EXIT.failure,
    );
  }

  #ask(
    method: string,
    path: string,
    body?: unknown,
    ifEpoch: number | null = null,
  ): Promise<Answer> {
    const request = this.#base.protocol === 'https:' ? overTls : plain;
    const headers = {
      Accept: 'application/json',
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(ifEpoch === null ? {} : { 'If-Match': `"${ifEpoch}"` }),
      ...(this.#token === null ? {} : { Authorization: `Bearer ${this.#token}` }),
    };
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => reject(unreachable(this.#base, error));
      const options = { method, headers, agent: false, timeout: ANSWER_MS, ...this.#tls };
      const sent = request(new URL(path, this.#base), options, (res) => {
        const parts: Buffer[] = [];
        res.on('data', (part: Buffer) => parts.push(part));
        res.on('error', failed);
        res.on('end', () =>
          resolve({ status: res.statusCode ?? 0, value: parsed(Buffer.concat(parts).toString()) }),
        );
      });
      sent.on('error', failed);
      sent.on('timeout', () => sent.destroy(new Error(`no answer in ${ANSWER_MS / 1000} s`)));
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function baseOf(admin: string): URL {
  if (!URL.canParse(admin) || !/^https?:$/.test(new URL(admin).protocol))
    throw usageError(`--admin ${admin} is not a URL as http://127.0.0.1:9901`);
  return new URL(admin);
}

function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError(`can't read ${path}: ${(error as Error).message}`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function unreachable(base: URL, error: Error): CommandError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const why = error.message === '' ? code : error.message;
  return new CommandError(
    `can't reach a gate's admin listener at ${base.origin}: ${why}. Any gate of the fleet will do: --admin URL, or ZONEGATE_ADMIN`,
    EXIT.failure,
  );
}

function failureOf(status: number, value: unknown): CommandError {
  const problem = problemAnswer.safeParse(value);
  const what = problem.success ? problem.data.detail : `the gate answered ${status}`;
  return new CommandError(what, EXIT.failure, problem.success ? problem.data : { status });
}

export const asFailure = (problem: ProblemAnswer): CommandError =>
  new CommandError(problem.detail, EXIT.failure, problem);
