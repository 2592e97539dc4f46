/**
 * Asks endpoints how they are, from time to time, on connections of its own: one prober per gate. It
 * measures, and tells; what follows from it is decided where endpoints are picked.
 */
import { request } from 'node:http';
import { connect } from 'node:net';
import type { Probe } from '../../upstream/index.ts';

const MAX_BODY_BYTES = 65_536;

/** An endpoint as the prober sees it. */
export interface Probed {
  readonly key: string;
  readonly port: number;
  /** null while its name is not resolved. */
  readonly ip: string | null;
}

export interface ProbeNews {
  /** It has turned up or down; or why it is down has changed. */
  turned(probed: Probed, up: boolean, why: string): void;
}

interface Course {
  readonly probed: Probed;
  readonly probe: Probe;
  /** Successes (positive) or failures (negative) in a row. */
  row: number;
  up: boolean | null;
  timer: NodeJS.Timeout;
}

export class Prober {
  readonly #news: ProbeNews;
  readonly #courses = new Map<string, Course>();
  /** By outcome, for the metrics. */
  readonly counts = { ok: 0, failed: 0 };

  constructor(news: ProbeNews) {
    this.#news = news;
  }

  /** Probes exactly these from now on; those known go on where they were. */
  follow(wanted: readonly { readonly probed: Probed; readonly probe: Probe }[]): void {
    const keys = new Set(wanted.map((w) => w.probed.key));
    for (const [key, course] of this.#courses) {
      if (keys.has(key)) continue;
      clearTimeout(course.timer);
      this.#courses.delete(key);
    }
    for (const { probed, probe } of wanted) {
      const known = this.#courses.get(probed.key);
      const same = known !== undefined && JSON.stringify(known.probe) === JSON.stringify(probe);
      if (same && known.probed.ip === probed.ip && known.probed.port === probed.port) continue;
      if (known !== undefined) clearTimeout(known.timer);
      this.#begin(probed, probe);
    }
  }

  /** The first probe comes soon, but not all at one moment. */
  #begin(probed: Probed, probe: Probe): void {
    const timer = setTimeout(
      () => void this.#round(course),
      Math.random() * Math.min(probe.intervalMs, 1000),
    );
    timer.unref();
    const course: Course = { probed, probe, row: 0, up: null, timer };
    this.#courses.set(probed.key, course);
  }

  async #round(course: Course): Promise<void> {
    const { probed, probe } = course;
    const failure =
      probed.ip === null ? 'name not resolved' : await ask(probed.ip, probed.port, probe);
    if (this.#courses.get(probed.key) !== course) return;
    this.counts[failure === null ? 'ok' : 'failed']++;
    this.#judge(course, failure);
    const jitter = 0.9 + Math.random() * 0.2;
    course.timer = setTimeout(() => void this.#round(course), probe.intervalMs * jitter);
    course.timer.unref();
  }

  #judge(course: Course, failure: string | null): void {
    const { row } = course;
    course.row = failure === null ? Math.max(1, row + 1) : Math.min(-1, row - 1);
    const { rise, fall } = course.probe;
    // Its first probe is believed at once: nobody has seen it yet.
    const first = course.up === null;
    if (failure === null && course.up !== true && (first || course.row >= rise)) {
      course.up = true;
      this.#news.turned(course.probed, true, '');
    } else if (failure !== null && course.up !== false && (first || -course.row >= fall)) {
      course.up = false;
      this.#news.turned(course.probed, false, failure);
    }
  }

  close(): void {
    for (const { timer } of this.#courses.values()) clearTimeout(timer);
    this.#courses.clear();
  }
}

/** @returns null when it is well, else why not */
const ask = (ip: string, port: number, probe: Probe): Promise<string | null> =>
  probe.http === undefined ? askTcp(ip, port, probe.timeoutMs) : askHttp(ip, port, probe);

const askTcp = (host: string, port: number, timeoutMs: number): Promise<string | null> =>
  new Promise((done) => {
    const socket = connect({ host, port });
    const end = (why: string | null): void => {
      socket.destroy();
      done(why);
    };
    socket.setTimeout(timeoutMs, () => end(`no connection within ${timeoutMs} ms`));
    socket.on('connect', () => end(null));
    socket.on('error', (error) => end(error.message));
  });

const askHttp = (host: string, port: number, probe: Probe): Promise<string | null> =>
  new Promise((done) => {
    const http = probe.http!;
    const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    const headers = { Host: http.host ?? authority, 'User-Agent': 'zonegate-probe' };
    const req = request({ host, port, path: http.path, headers, agent: false });
    const end = (why: string | null): void => {
      clearTimeout(timer);
      req.destroy();
      done(why);
    };
    const timer = setTimeout(() => end(`no answer within ${probe.timeoutMs} ms`), probe.timeoutMs);
    req.on('error', (error) => end(error.message));
    req.on('response', (res) => {
      const status = res.statusCode ?? 0;
      if (!http.statuses.includes(status)) {
        end(`answered ${status}`);
        return;
      }
      const { body } = http;
      if (body === undefined) {
        end(null);
        return;
      }
      let text = '';
      res.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        if (text.length > MAX_BODY_BYTES) end(`more than ${MAX_BODY_BYTES} bytes of body`);
      });
      res.on('error', (error) => end(error.message));
      const wanted = Buffer.from(body).toString('latin1');
      res.on('end', () => end(text.includes(wanted) ? null : 'the body lacks the text'));
    });
    req.end();
  });
