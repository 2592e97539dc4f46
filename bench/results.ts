/** What a run leaves behind: the types of the JSON, raw rounds included. */
import type { CandidateName } from './candidates/candidate.ts';
import type { Round } from './figures.ts';

interface Named {
  readonly name: string;
  readonly title: string;
}

export interface LoadResult extends Named {
  readonly kind: 'load';
  readonly reference: string;
  readonly contestants: readonly {
    readonly label: string;
    readonly candidate: CandidateName;
    readonly rounds: readonly Round[];
  }[];
}

export interface IdleResult extends Named {
  readonly kind: 'idle';
  readonly connections: number;
  readonly contestants: readonly {
    readonly label: string;
    readonly bytesPerConnection: readonly number[];
  }[];
}

export interface CallsResult extends Named {
  readonly kind: 'calls';
  readonly contestants: readonly {
    readonly label: string;
    readonly requests: number;
    readonly calls: Readonly<Record<string, number>>;
  }[];
}

export interface PartsResult extends Named {
  readonly kind: 'parts';
  readonly parts: readonly { readonly name: string; readonly nanoseconds: number }[];
}

export type ScenarioResult = CallsResult | IdleResult | LoadResult | PartsResult;

/** Something that was asked for and not measured. */
export interface LeftOut {
  readonly scenario: string;
  readonly label: string;
  readonly why: string;
}

export interface Environment {
  readonly date: string;
  readonly command: string;
  readonly kernel: string;
  readonly cpuModel: string;
  readonly cores: number;
  readonly pinned: Readonly<Record<'load' | 'proxy', number>> | null;
  readonly versions: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly seconds: number;
  /** A smoke run: its figures mean nothing. */
  readonly quick: boolean;
}

export interface Report {
  readonly environment: Environment;
  readonly scenarios: readonly ScenarioResult[];
  readonly leftOut: readonly LeftOut[];
}
