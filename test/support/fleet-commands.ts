/** Commands against a real admin listener, with the real rules and obliging gates behind it. */
import { run } from './command.ts';
import { serveControl } from './control.ts';
import { StandInDesk } from './desk-stand-in.ts';

export const WHY = ['--reason', 'a test', '--by', 'ann'];

export async function fleet(desk = new StandInDesk()) {
  const { url } = await serveControl({ desk });
  const give = (...words: string[]) => run(...words, '--admin', url, ...WHY);
  const look = (...words: string[]) => run(...words, '--admin', url);
  return { desk, url, give, look };
}
