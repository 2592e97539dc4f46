/** Orders to the firewall, for tables of them. */
import { type Board, EMPTY_BOARD } from '../../src/failover/board.ts';
import { taken } from './fixture.ts';

export type Fields = Record<string, unknown>;

export const mode = (policy: string, to: string, forS?: number): Fields => ({
  ...{ do: 'waf-mode', policy, mode: to, ...(forS === undefined ? {} : { forS }) },
});
export const asDeclared = (policy: string): Fields => ({ do: 'waf-as-declared', policy });
export const ruleOff = (rule: number, forS?: number): Fields => ({
  ...{ do: 'waf-rule-off', rule, ...(forS === undefined ? {} : { forS }) },
});
export const ruleOn = (rule: number): Fields => ({ do: 'waf-rule-on', rule });
export const exempt = (network: string, more: Fields = {}): Fields => ({
  ...{ do: 'waf-exempt', network, ...more },
});
export const unexempt = (network: string): Fields => ({ do: 'waf-unexempt', network });
export const aside = { overrides: ['firewall-open'] };

export const after = (orders: readonly Fields[]): Board =>
  orders.reduce<Board>((board, order) => taken(board, order), EMPTY_BOARD);
