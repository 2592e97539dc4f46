/** Gates with rates, for tests at the socket, and clients by other addresses. */
export const SAID = 'owner: ann, reason: test';
/** In the Gate document: whom `from` needs. */
export const TRUSTED = 'trust: { proxies: ["127.0.0.1"] }';

/** @param rule YAML of a rule but its owner and reason; one a minute by address, unless it says else */
export const rate = (rule: string): string =>
  `rates: { r: { by: [ip], limit: 2, windowS: 60, ${SAID}, ${rule} } }`;
/** As by a browser, over http. */
export const from = (address: string, more: Record<string, string> = {}) => ({
  'x-forwarded-for': address,
  ...more,
});

export interface HasPort {
  readonly port: number;
}

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export async function get(
  { port }: HasPort,
  path = '/',
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answered> {
  const answer = await fetch(new URL(path, `http://127.0.0.1:${port}`), {
    ...{ method, headers, redirect: 'manual' },
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/** Statuses of so many requests, one after the other. */
export async function statuses(
  gate: HasPort,
  times: number,
  headers: Record<string, string> = {},
  path = '/',
): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < times; i++) all.push((await get(gate, path, headers)).status);
  return all;
}

/** @param series as it stands before its value */
export const sampleOf = (metrics: string, series: string): number | undefined => {
  const line = metrics.split('\n').find((l) => l.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};
