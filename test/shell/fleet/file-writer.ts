/** A child that commits to a file store as fast as it can, until it is killed. Argument: directory. */
import { FileStore } from '../../../src/shell/fleet/file-store.ts';
import { auditOf, boardOf } from '../../support/plain-boards.ts';

const store = new FileStore(process.argv[2]!, () => undefined);
let epoch = (await store.read())?.epoch ?? 0;
for (;;) {
  const made = await store.commit(epoch, boardOf(epoch + 1), auditOf(epoch + 1));
  epoch = made.kind === 'stored' ? epoch + 1 : (made.current?.epoch ?? 0);
  if (made.kind === 'stored') process.stdout.write(`${epoch}\n`);
}
