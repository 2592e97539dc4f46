/** A board as it is stored: JSON, and a digest over it. */
import { createHash } from 'node:crypto';
import type { Board } from '../../failover/board.ts';
import { parseBoard } from '../../failover/board-schema.ts';
import type { StoredBoard } from './store.ts';

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export function toStored(board: Board): StoredBoard {
  const text = JSON.stringify(board);
  return { epoch: board.epoch, digest: digestOf(text), text };
}

/** @returns a sentence where what is stored is no board */
export function fromStored(stored: StoredBoard): Board | string {
  if (digestOf(stored.text) !== stored.digest) return 'the board does not match its checksum';
  const board = parseBoard(stored.text);
  if (typeof board === 'string') return board;
  return board.epoch === stored.epoch
    ? board
    : `the board says epoch ${board.epoch}, its envelope ${stored.epoch}`;
}
