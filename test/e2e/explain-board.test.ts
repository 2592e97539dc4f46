import { describe, expect, it } from 'vitest';
import { EMPTY_BOARD } from '../../src/failover/board.ts';
import { taken } from '../failover/fixture.ts';
import { REFERENCE, reference } from '../support/config.ts';
import { zonegate } from '../support/process.ts';

describe('zonegate explain --board', () => {
  it('asks under the switches of a board, as production would', () => {
    const owners = reference().rules.owners.map((o) => (o === 'RZ04' ? 'RZ01' : o));
    const board = JSON.stringify({ ...EMPTY_BOARD, epoch: 7, owners });
    const args = ['explain', '-c', REFERENCE, '--idc', 'hz1', '--board', '-', '--json'];
    const url = 'http://shop.example/u/2088000000000680/x';
    const { code, out } = zonegate([...args, url], {}, board);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ zone: 'RZ01', shard: 68, board: 7 });
    expect(zonegate([...args, url], {}, '{"epoch":-1}').err).toContain('does not fit');
  });

  it('names the gray rule that chose the group', () => {
    const word = { do: 'gray', name: 'spring', zones: ['RZ01'], to: 'B', percent: 100 };
    const board = JSON.stringify(taken(EMPTY_BOARD, word));
    const args = ['explain', '-c', REFERENCE, '--idc', 'hz1', '--board', '-'];
    const url = 'http://shop.example/u/2088000000000050/x';
    expect(zonegate([...args, url], {}, board).out).toContain('\ngray    by the rule spring\n');
    const { out } = zonegate([...args, '--json', url], {}, board);
    expect(JSON.parse(out)).toMatchObject({ group: 'B', gray: 'spring' });
  });
});
