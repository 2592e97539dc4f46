/** A client with a cookie jar: what a browser does, as far as the tour needs it. */
import { request } from 'node:http';
import { parseSetCookie } from 'cookie';
import type { Address } from '../../model/schema.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** The sample app's answer; empty when a gate answered. */
  readonly app: {
    readonly zone?: string;
    readonly group?: string;
    readonly idc?: string;
    readonly user?: string | null;
    readonly shadow?: boolean;
  };
  /** Route cookie set by this answer: a value, '' when cleared, null when not mentioned. */
  readonly routeCookie: string | null;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export class Browser {
  readonly cookies = new Map<string, string>();
  readonly #routeCookie: string;
  readonly #host: string;

  constructor(host: string, routeCookie: string) {
    this.#host = host;
    this.#routeCookie = routeCookie;
  }

  ask(gate: Address, path: string, options: Ask = {}): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { host: this.#host, ...(cookie === '' ? {} : { cookie }), ...options.headers };
    return new Promise((resolve, reject) => {
      const req = request(
        { host: gate.host, port: gate.port, path, method: options.method ?? 'GET', headers },
        (res) => {
          let body = '';
          res.setEncoding('utf8');
          res.on('data', (chunk: string) => (body += chunk));
          res.on('error', reject);
          res.on('end', () => {
            const routeCookie = this.#keep(res.headers['set-cookie'] ?? []);
            const status = res.statusCode ?? 0;
            resolve({
              status,
              headers: res.headers,
              body,
              app: status === 200 ? parse(body) : {},
              routeCookie,
            });
          });
        },
      );
      req.on('error', reject);
      req.end(options.body);
    });
  }

  #keep(fields: readonly string[]): string | null {
    let routeCookie: string | null = null;
    for (const field of fields) {
      const { name, value = '', maxAge } = parseSetCookie(field);
      if (maxAge === 0) this.cookies.delete(name);
      else this.cookies.set(name, value);
      if (name === this.#routeCookie) routeCookie = maxAge === 0 ? '' : value;
    }
    return routeCookie;
  }
}

function parse(body: string): Answer['app'] {
  try {
    return JSON.parse(body) as Answer['app'];
  } catch {
    return {};
  }
}
