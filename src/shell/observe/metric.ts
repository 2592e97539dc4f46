/** A metric whose samples are made when somebody scrapes. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
}

export interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  values(): Sample[];
}

export const counter = (name: string, help: string, values: () => Sample[]): Metric => ({
  name,
  type: 'counter',
  help,
  values,
});

export const gauge = (name: string, help: string, values: () => Sample[]): Metric => ({
  name,
  type: 'gauge',
  help,
  values,
});

export const one = (value: number, labels: Sample['labels'] = {}): Sample[] => [{ labels, value }];

export const mapSamples = (entries: Iterable<readonly [string, number]>, label: string): Sample[] =>
  [...entries].map(([key, value]) => ({ labels: { [label]: key }, value }));
